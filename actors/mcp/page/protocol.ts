/** What this section of the page is told. Written by scripts/docs from the messages of its subsystem. */

/** A server from the settings, and how it is. */
export interface ServerState {
  name: string;
  state: "off" | "idle" | "starting" | "ready" | "failed";
  kind: "command" | "url";
  /** The program or the address. */
  where: string;
  /** Whether its process runs in the sandbox of the shell. */
  sandboxed: boolean;
  /** As it calls them; those that are offered. */
  tools: string[];
  /** Why it could not be used when that was last tried; empty where it could. */
  error: string;
  /** When it came into this state; None: not since the agent started. */
  since: string | null;
}

/** A tool as its server describes it, bounded in size. */
export interface ServerTool {
  /** As the server calls it. */
  name: string;
  description: string;
  /** JSON Schema of its input, of type object. */
  schema: Record<string, unknown>;
  /** Whether the server says that it changes nothing. */
  reads: boolean;
}

/** A tool of a server as the model is offered it. */
export interface OfferedTool {
  offered_as: string;
  server: string;
  tool: ServerTool;
}
