/** What this section of the page is told. Written by scripts/docs from the messages of its subsystem. */

/** What is known of a secret without its value. */
export interface Entry {
  name: string;
  /** The id of a user; empty for what is the agent's own. */
  owner: string;
  /** Whether the agent itself works with it, so that no tool ever does: the key of a provider, the token of a bot. */
  system: boolean;
  /** Where it may be sent: names of hosts, `*.example.com` for all below one, `*` for any. Empty is nowhere. */
  hosts: string[];
  created_at: string;
  updated_at: string;
  last_read_at: string | null;
  key: string;
  has_value: boolean;
  is_system: boolean;
  allowed_hosts: string[];
  proxy_enabled: boolean;
}

/** One look at a secret, or change of one. */
export interface Access {
  id: number;
  at: string;
  action: "set" | "read" | "unreadable" | "reveal" | "hosts" | "delete" | "rotate";
  /** Empty where all are meant. */
  name: string;
  owner: string;
  /** Who, or for whom; empty for the agent itself. */
  user: string;
  why: string;
}
