/** What the page asks of the servers. */

import { request, send } from "@starpod/page";
import type { OfferedTool, ServerState } from "./protocol";

const SERVERS = "/api/mcp";
const of = (name: string) => `${SERVERS}/${encodeURIComponent(name)}`;

export const servers = () => request<ServerState[]>(SERVERS);
export const tools = (name: string) => request<OfferedTool[]>(`${of(name)}/tools`);
export const reconnect = (name: string) => send<ServerState>("POST", `${of(name)}/reconnect`, {});

const STATES: Readonly<Record<ServerState["state"], string>> = {
  off: "switched off",
  idle: "not running: it is started when it is used",
  starting: "starting",
  ready: "running",
  failed: "could not be used",
};

/** How a server is, in words; as it says itself where a newer agent knows another state. */
export const stateWords = ({ state }: ServerState) => STATES[state] ?? state;

export const toolWords = ({ tools }: ServerState) =>
  tools.length === 1 ? "1 tool" : `${tools.length} tools`;

/** What came of connecting again. */
export const outcomeWords = (server: ServerState) =>
  server.error === "" ? `${server.name} answers and has ${toolWords(server)}.` : server.error;
