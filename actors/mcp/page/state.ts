/** What the page asks of the servers. */

import { n, request, send, t } from "@starpod/page";
import type { OfferedTool, ServerState } from "./protocol";

const SERVERS = "/api/mcp";
const of = (name: string) => `${SERVERS}/${encodeURIComponent(name)}`;

export const servers = () => request<ServerState[]>(SERVERS);
export const tools = (name: string) => request<OfferedTool[]>(`${of(name)}/tools`);
export const reconnect = (name: string) => send<ServerState>("POST", `${of(name)}/reconnect`, {});

const STATES: Readonly<Record<ServerState["state"], () => string>> = {
  off: () => t("switched off"),
  idle: () => t("not running: it is started when it is used"),
  starting: () => t("starting"),
  ready: () => t("running"),
  failed: () => t("could not be used"),
};

/** How a server is, in words; as it says itself where a newer agent knows another state. */
export const stateWords = ({ state }: ServerState) => STATES[state]?.() ?? state;

export const toolWords = ({ tools }: ServerState) => n(tools.length, "{n} tool", "{n} tools");

/** What came of connecting again. */
export const outcomeWords = (server: ServerState) =>
  server.error === ""
    ? t("{name} answers and has {tools}.", { name: server.name, tools: toolWords(server) })
    : server.error;
