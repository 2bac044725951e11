/** What this section of the page is told. Written by scripts/docs from the messages of its subsystem. */

/** An account. */
export interface User {
  /** Also the name of the folder with what the agent keeps of this user. */
  id: string;
  email: string | null;
  display_name: string | null;
  role: "admin" | "user";
  /** Whether this user is let in. */
  is_active: boolean;
  /** Whether this user may look at the agent's files. */
  filesystem_enabled: boolean;
  created_at: string;
  updated_at: string;
}

/** What is known of a key; not the key. */
export interface ApiKey {
  id: string;
  user: string;
  /** The characters after `sp_live_` by which it can be told; empty for a key that somebody chose. */
  prefix: string;
  label: string | null;
  expires_at: string | null;
  revoked_at: string | null;
  /** To the minute. */
  last_used_at: string | null;
  created_at: string;
  user_id: string;
}

/** A new key. Nobody can find out later what it is. */
export interface CreatedKey {
  meta: ApiKey;
  key: string;
}

/** A browser that was signed in. */
export interface Device {
  id: string;
  user: string;
  /** Browser and system, as it calls itself. */
  label: string;
  /** Where it was seen last. */
  address: string;
  created_at: string;
  /** To the minute. */
  last_seen_at: string;
  expires_at: string;
  revoked_at: string | null;
}

/** One change, or refused attempts. */
export interface AuditEntry {
  id: number;
  at: string;
  /** Who did it; empty for the agent itself, and where nobody knows. */
  user: string;
  /** How that was known; empty likewise. */
  proof: string;
  /** `key.created`, `user.deactivated` … */
  event: string;
  /** Whom it is about. */
  subject: string;
  detail: string;
  /** Where it was asked for. */
  address: string;
}
