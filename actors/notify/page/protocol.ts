/** What this section of the page is told. Written by scripts/docs from the messages of its subsystem. */

/** How somebody wants to be told what they have not asked for. Answers are no part of it, nor is the page. */
export interface Preferences {
  /** Whether they are told nothing at all now; what comes meanwhile is not told later. */
  muted: boolean;
  /** When that ends by itself; None for never. */
  muted_until: string | null;
  /** HH:MM on the agent's wall; what comes from then on until `quiet_to` is told then. */
  quiet_from: string | null;
  /** The same time as `quiet_from`, or none of either, is no quiet at all. */
  quiet_to: string | null;
  telegram: boolean;
  webpush: boolean;
  email: boolean;
  /** IANA name of the agent's time zone. */
  timezone: string;
}

/** What became of one thing that was to be sent. */
export interface Delivery {
  id: number;
  user_id: string;
  channel: string;
  recipient: string;
  state: "pending" | "sending" | "sent" | "doubtful" | "dead" | "dropped";
  /** How often it was tried. */
  attempt: number;
  /** How many parts of it have arrived. */
  parts_sent: number;
  /** Why it has not arrived. */
  reason: string | null;
  created_at: string;
  /** When it is tried next; once it is closed, since when it is. */
  next_at: string;
  /** The conversation that it belongs to. */
  session: string | null;
  /** Its beginning, if it is of whoever looks. */
  text: string;
}

/** A browser that shows notifications. */
export interface Subscription {
  id: string;
  /** Host of its push service. */
  service: string;
  /** Origin of the page that it has subscribed in. */
  page: string;
  /** Device or key that it was signed in with; it gets nothing any more once that has ended. */
  device: string;
  created_at: string;
}
