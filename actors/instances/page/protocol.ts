/** What this section of the page is told. Written by scripts/docs from the messages of its subsystem. */

/** A line of the log of an instance, with nothing in it that a terminal obeys. */
export interface LogLine {
  /** Seconds since 1970; 0 where it is not known. */
  timestamp: number;
  level: "error" | "warn" | "info" | "debug";
  message: string;
}

/** How an instance is, as its backend measures. */
export interface Health {
  cpu_percent: number;
  memory_mb: number;
  disk_mb: number;
  /** When it last showed that it lives, by the clock of the backend: seconds since 1970. */
  last_heartbeat: number;
  uptime_secs: number;
}

/** An agent that runs elsewhere. Keys that a backend sends along are no part of it. */
export interface Instance {
  id: string;
  name: string | null;
  status:
    | "creating"
    | "pending"
    | "provisioning"
    | "starting"
    | "running"
    | "restarting"
    | "paused"
    | "stopping"
    | "stopped"
    | "deleting"
    | "deleted"
    | "error"
    | "unknown";
  /** The status in the words of the backend. */
  said: string;
  /** Where it runs; of some backends the zone. */
  region: string | null;
  agent_id: string | null;
  /** Seconds since 1970. */
  created_at: number | null;
  updated_at: number | null;
  health: Health | null;
  /** What went wrong, where the status is `error`. */
  error: string | null;
  web_url: string | null;
}

/** Something that the monitor has found out. */
export interface Notice {
  /** Seconds since 1970. */
  at: number;
  instance: string;
  name: string | null;
  /** Its status has changed, or what the monitor thinks of its heart. */
  what: "status" | "stuck" | "given_up" | "recovered";
  /** Of a change of status; None for not there. */
  before:
    | "creating"
    | "pending"
    | "provisioning"
    | "starting"
    | "running"
    | "restarting"
    | "paused"
    | "stopping"
    | "stopped"
    | "deleting"
    | "deleted"
    | "error"
    | "unknown"
    | null;
  now:
    | "creating"
    | "pending"
    | "provisioning"
    | "starting"
    | "running"
    | "restarting"
    | "paused"
    | "stopping"
    | "stopped"
    | "deleting"
    | "deleted"
    | "error"
    | "unknown"
    | null;
}

/** All there is to see of a backend. That it cannot be asked is told here and is no error. */
export interface Overview {
  /** Whom we ask; None where nobody is set up. */
  url: string | null;
  /** Whether the agent looks after what runs there. */
  monitored: boolean;
  instances: Instance[];
  trouble: "not_set_up" | "not_reached" | "key_refused" | "refused" | null;
  /** Why it cannot be asked, for people; empty where nobody has set one up. */
  reason: string;
  /** What the monitor has found out since the agent started, the newest first. */
  notices: Notice[];
}

/** An agent whose files a backend has. */
export interface RemoteAgent {
  id: string;
  name: string;
}

/** How an instance was at a moment, by the monitor. */
export interface Sample {
  /** Seconds since 1970, by the agent's own clock. */
  at: number;
  health: Health;
}

/** How a person opens a shell where an instance runs. No key is in it. */
export interface WayIn {
  /** For a terminal whose owner is logged in at the backend; it brings the key along, if one is needed. */
  command: string;
  /** The same without Starpod; None where a key of the backend is needed, or where it has no SSH server. */
  ssh: string | null;
  /** Where the instance is on the machine of a backend without SSH server. */
  folder: string | null;
}
