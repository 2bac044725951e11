/** What page and gateway say to each other. Written by scripts/docs from actors/gateway/protocol.py. */

export type FollowupMode = "inject" | "queue";

export const PROTOCOL = 1;

/** A file that came with a message or goes out with an answer. The bytes stay in the agent's home. */
export interface Attachment {
  /** File name as the person knows it. */
  file_name: string;
  mime_type: string;
  /** Where it lies, relative to the agent's home, with forward slashes. */
  path: string;
  /** Bytes. */
  size: number;
}

/** What is known of one conversation, without its messages. */
export interface Session {
  id: string;
  user_id: string;
  channel: string;
  /** Channel session key: chosen by the client on `main`, the chat id on `telegram`, the attempt at a run of a job on `scheduler`. */
  channel_session_key: string | null;
  title: string | null;
  summary: string | null;
  created_at: string;
  last_message_at: string;
  /** Accepted messages of people, not stored rows. */
  message_count: number;
  is_closed: boolean;
  is_read: boolean;
  triggered_by: string | null;
  /** Whether a turn is accepted or running. */
  running: boolean;
  /** The call of another conversation's turn that is carried out in this one, `turn:step`. Such a conversation is on no list, and closed to everybody from its beginning. */
  delegated_by: string | null;
  /** That other conversation. */
  parent: string | null;
  /** `provider/model` that was chosen for it; None: as configured. */
  model: string | null;
  /** How much the model is to think, likewise. */
  effort: "low" | "medium" | "high" | null;
  /** Whether it was put aside, so that it is on no list but that of the archive. Its next message brings it back. */
  is_archived: boolean;
  /** Whether it is kept at the top of the list. */
  pinned: boolean;
  labels: string[];
}

/** One displayed row of a conversation, derived from its steps. */
export interface Message {
  /** Grows within a session; the cursor of :class:`Messages`. */
  id: number;
  session_id: string;
  turn_id: string;
  role: "user" | "assistant" | "thinking" | "tool_use" | "tool_result" | "notice";
  /** Text; for `tool_use` and `tool_result` the JSON object of the reference (`id, name, input` and `tool_use_id, name, content, truncated, is_error` and, where a text was changed, `diff`). */
  content: string;
  attachments: Attachment[];
  timestamp: string;
}

export interface Label {
  name: string;
  /** Conversations that have it. */
  count: number;
}

/** A message with the words that were looked for. */
export interface Hit {
  session: Session;
  turn: string;
  role: "user" | "assistant";
  at: string;
  /** A piece of it, cut so that every second part, from the second on, is what was looked for. */
  excerpt: string[];
}

/** What is being written in a conversation and was not sent. */
export interface Draft {
  /** The conversation; `new` for one that is yet to begin. */
  place: string;
  text: string;
  /** When it was kept. */
  at: string;
}

/** Tokens and price of one completion, or of several. */
export interface Usage {
  /** Prompt tokens neither read from nor written to the provider's cache. */
  input_tokens: number;
  output_tokens: number;
  cache_read_tokens: number;
  cache_write_tokens: number;
  /** US dollars; None when the price of the model is not known. */
  cost_usd: number | null;
  /** `provider/model` that really answered; of several completions the last. */
  model: string | null;
}

/** One accepted message and what became of it. */
export interface Figures {
  turn_id: string;
  state: "accepted" | "running" | "merged" | "done" | "failed" | "cancelled";
  /** How it ended, `success` or another of `agent.Outcome`; None while it is open or merged. */
  outcome: string | null;
  accepted_at: string;
  /** Where turns are listed: all that answer the same message again or another version of it, itself included, in the order of acceptance. Empty where there is no other. */
  versions: string[];
  /** Of all its completions, and of summaries that were made for it; what its subagents use is theirs. */
  usage: Usage;
  completions: number;
  /** Answers of the model that called tools. */
  num_turns: number;
  /** Seconds from its first beginning to its end; null before. */
  elapsed: number | null;
}

/** Where something comes from that the model was given: for whoever asks why it knew that. */
export interface Origin {
  kind: "profile" | "note" | "log" | "skill";
  /** Of the note or the skill. */
  name: string;
  /** `first-last`; empty for all of it. */
  lines: string;
  /** The day that it is about, or on which it was last changed, as `YYYY-MM-DD`. */
  date: string | null;
  /** Of a passage that was searched for: the higher, the better; comparable within one search. */
  score: number | null;
  /** Why it was given, and how much of it, for a person. */
  why: string;
}

/** What one source told the model in a turn. */
export interface ToldText {
  /** That heard it; each asks the sources anew. */
  attempt: number;
  source: string;
  /** Bytes. */
  size: number;
  /** The same where the text is the same. */
  digest: string;
  /** None when it is no longer kept. */
  text: string | null;
  /** Where it comes from. */
  origins: Origin[];
}

/** A call by which the model learned something: one that only read. */
export interface LookedUp {
  /** Of its step. */
  n: number;
  tool: string;
  /** The first 200 characters of its input, as JSON. */
  text: string;
  is_error: boolean;
  /** What it found, where the tool says so; the best first. */
  origins: Origin[];
}

/** What a turn was given to know, and why. */
export interface Given {
  /** Whose it is: of a message that joined another turn, that one. */
  turn: string;
  /** The skill that the message has called up; empty for none. */
  called: string;
  /** Before the first word, once an attempt. */
  told: ToldText[];
  /** On its own, the first 200 times. */
  looked_up: LookedUp[];
}

/** What some calls of models came to. */
export interface Consumed {
  /** Of prompts, whether a cache held them or not, and answers. */
  tokens: number;
  /** US dollars; what has no known price counts nothing. */
  usd: number;
}

/** A turn that carries out a call of another one, in a conversation of its own. */
export interface Subagent {
  /** As the model named it. */
  call: string;
  session: string;
  turn: string;
  title: string;
  state: "accepted" | "running" | "merged" | "done" | "failed" | "cancelled";
  outcome: string | null;
  /** By it and all that was done for it but for what its own subagents used. */
  used: Consumed;
}

/** One path that is as it was before the turn, or would be. */
export interface PutBack {
  path: string;
  /** `deleted`: it was not there before the turn. */
  done: "restored" | "deleted";
}

/** One path that the turn changed and that stays as it is. */
export interface NotPutBack {
  path: string;
  why: string;
  /** Whether `force` puts it back all the same, and what others have written there is lost from sight. */
  forcible: boolean;
}

export interface Undone {
  turn: string;
  /** By this an undo is itself undone, also where one before has done all; None where nothing was ever put back. */
  undo: string | null;
  /** In order of the paths, at most a thousand. */
  files: PutBack[];
  /** Likewise. */
  refused: NotPutBack[];
  /** How many files there are in all of both. */
  total: number;
  /** What else the turn did, which no undo takes back; one sentence each. */
  beyond: string[];
}

/** A question to a person about one call, and what became of it. */
export interface Approval {
  /** The same for the same call with the same input; another input is another question. */
  id: string;
  state: "open" | "allowed" | "denied" | "expired" | "withdrawn";
  tool: string;
  /** The call in the events of its conversation. */
  tool_use_id: string;
  /** What it would be carried out with, without secrets. */
  input: Record<string, unknown>;
  /** What it acts on: a command, a path, an address; empty where the tool does not say. */
  subject: string;
  /** Why somebody is asked. */
  reason: string;
  /** Where words came from that somebody else has written and the model has read. */
  outside: string[];
  /** What may be granted beyond the call: all that fits this. Whoever answers may write another one. */
  pattern: string;
  /** Who is asked; nobody else may answer. */
  user_id: string;
  session_id: string;
  turn_id: string;
  channel: string;
  asked_at: string;
  /** When no answer becomes a denial. */
  expires_at: string;
  /** For what it was allowed. */
  scope: "once" | "conversation" | "always" | null;
  /** What the person has said to the model about a denial. */
  words: string | null;
  answered_by: string | null;
  /** How it was known who that is: `page`, `key`, `operator`, `telegram`. */
  answered_via: string | null;
  answered_at: string | null;
}

/** What a person has allowed once and for all. */
export interface Grant {
  id: number;
  user_id: string;
  tool: string;
  pattern: string;
  /** Only in this conversation; None: in all of them. */
  session_id: string | null;
  /** Whether it counts where words from outside are in the conversation: they were when it was given. */
  outside: boolean;
  at: string;
}

/** Which files people may send. */
export interface AttachmentRules {
  /** Whether any. */
  enabled: boolean;
  /** Bytes of one. */
  max_file_size: number;
  /** Without the dot; empty: all. */
  allowed_extensions: string[];
}

/** Names, texts and models for the page. */
export interface Config {
  agent_name: string;
  /** Shown above an empty conversation; null leaves it to the page. */
  greeting: string | null;
  /** Offered to start a conversation with. */
  prompts: string[];
  /** Empty while the model subsystem does not answer. */
  models: string[];
  default_model: string | null;
  /** Those of `models` that can be told how much to think. */
  thinking_models: string[];
  version: string;
  /** Which files may be sent; null while the tools subsystem does not answer. */
  attachments: AttachmentRules | null;
  /** Whether what is said can be put into words, by `POST /api/speech/transcribe`. */
  transcribes: boolean;
}

/** A file of a message: the `path` that an upload returned, or its `data`. */
export interface ClientFile {
  /** Its name. */
  file_name: string;
  /** Its type. */
  mime_type?: string;
  /** As the upload returned it. */
  path?: string | null;
  /** The bytes in base64. */
  data?: string | null;
}

/** `message`: something for the agent. The connection follows the conversation from then on. */
export interface ClientMessage {
  type: "message";
  /** May be empty or absent when there are attachments. */
  text?: string;
  /** Conversation to speak in; wins over the key. */
  session_id?: string | null;
  /** Name chosen by the client: the open conversation with this key, or a new one. Neither this nor `session_id`: a new conversation. */
  channel_session_key?: string | null;
  /** Chosen by the client. The same id twice is one message, so a message that was not acknowledged can be sent again. */
  client_message_id?: string | null;
  /** `{file_name, mime_type, path}` as `POST /api/uploads` returned it, or `{file_name, mime_type, data}` with the bytes in base64. */
  attachments?: ClientFile[];
  /** `provider/model` for this turn; by default that of the conversation. */
  model?: string | null;
  /** How much the model is to think in this turn. */
  effort?: "low" | "medium" | "high" | null;
  /** Models that may take its place in this turn when it cannot answer, in this order; none: nobody may. By default as configured. */
  fallbacks?: string[] | null;
  /** How it joins a running turn: `inject` (at its next step) or `queue` (as the next turn); by default as configured. */
  mode?: FollowupMode | null;
  /** `cli` marks the command line; `telegram` and `email` are refused. */
  channel_id?: string | null;
}

/** `revise`: answer a message again, or another version of it; the first one is kept. Answered by `accepted`. */
export interface Revise {
  type: "revise";
  /** The turn of the message. */
  turn_id: string;
  /** What it says now, with the files it had; absent: the same again. */
  text?: string | null;
  /** `provider/model` for it; absent: as before. */
  model?: string | null;
  /** How much the model is to think; absent: as before. */
  effort?: "low" | "medium" | "high" | null;
  /** As of `message`. */
  client_message_id?: string | null;
}

/** `choose`: go on from a version of a message. All who follow the conversation get the event `path`. */
export interface Choose {
  type: "choose";
  /** The version. */
  turn_id: string;
}

/** `cancel`: stop the running turn of a conversation; what was stored stays. */
export interface Cancel {
  type: "cancel";
  /** The conversation. */
  session_id: string;
}

/** `select_model`: which model answers in a conversation, and how much it thinks, from the next turn on. */
export interface SelectModel {
  type: "select_model";
  /** The conversation. */
  session_id: string;
  /** `provider/model`; null: as configured. */
  model?: string | null;
  /** null: as configured. */
  effort?: "low" | "medium" | "high" | null;
}

/** `resume`: follow a conversation: replay what came after event `after_seq`, then go on. */
export interface Resume {
  type: "resume";
  /** The conversation. */
  session_id: string;
  /** null: only what comes from now on, but a running turn from its start. */
  after_seq?: number | null;
}

/** `unfollow`: no more of this conversation on this connection. */
export interface Unfollow {
  type: "unfollow";
  /** The conversation. */
  session_id: string;
}

/** `looking`: whether somebody can see this client, which counts as seen until it says otherwise. */
export interface Looking {
  type: "looking";
  /** False while it is hidden: a tab in the background, a locked screen. */
  is_seen: boolean;
}

/** `ping`: still there? Answered by `pong`. */
export interface Ping {
  type: "ping";
}

export type ClientFrame =
  | ClientMessage
  | Revise
  | Choose
  | Cancel
  | SelectModel
  | Resume
  | Unfollow
  | Looking
  | Ping;

/** Another path of the conversation was chosen: what is not on it is no longer part of what is to be shown. */
export interface PathChosen {
  type: "path";
  session_id: string;
  seq: number;
  /** That was chosen: the last of the path, or another version that is about to begin. */
  turn_id: string;
  /** Turn with which the path ends now, until the next one begins; empty when there is none. */
  end_turn_id: string;
}

/** A turn runs. After a restart the same turn starts again with a higher `attempt`. */
export interface StreamStart {
  type: "stream_start";
  session_id: string;
  seq: number;
  turn_id: string;
  text: string;
  attachments: Attachment[];
  source: string;
  client_message_id: string | null;
  attempt: number;
  /** When it was begun. */
  at: string;
}

/** A model is being asked; text that follows belongs to this iteration. Voids text of an unfinished one. */
export interface CompletionStart {
  type: "completion_start";
  session_id: string;
  seq: number;
  turn_id: string;
  iteration: number;
  model: string | null;
}

/** A piece of what the model says. */
export interface TextDelta {
  type: "text_delta";
  session_id: string;
  seq: number;
  turn_id: string;
  text: string;
}

/** A piece of what the model thinks before it speaks. */
export interface ThinkingDelta {
  type: "thinking_delta";
  session_id: string;
  seq: number;
  turn_id: string;
  text: string;
}

/** A call of a tool is taken up. */
export interface ToolUse {
  type: "tool_use";
  session_id: string;
  seq: number;
  turn_id: string;
  id: string;
  name: string;
  input: Record<string, unknown>;
  /** When it was begun. */
  at: string;
}

/** A person is asked whether a call may be carried out; it was told of before, and waits. */
export interface ApprovalWanted {
  type: "approval_wanted";
  session_id: string;
  seq: number;
  turn_id: string;
  tool_use_id: string;
  name: string;
  /** Id of the question. */
  approval: string;
  /** Why they are asked. */
  reason: string;
  /** When no answer becomes a denial. */
  expires_at: string;
}

/** The question about a call was answered, or nobody did so in time. What becomes of the call is told as ever. */
export interface ApprovalGiven {
  type: "approval_given";
  session_id: string;
  seq: number;
  turn_id: string;
  tool_use_id: string;
  /** Id of the question. */
  approval: string;
  allowed: boolean;
  /** Who has decided. */
  by: string;
}

/** The result of a call. Results come in any order. */
export interface ToolResult {
  type: "tool_result";
  session_id: string;
  seq: number;
  turn_id: string;
  tool_use_id: string;
  name: string;
  is_error: boolean;
  /** What the call changed in a text, as lines of a unified diff, where it did; the model does not get it. */
  diff: string;
  /** Seconds. */
  elapsed: number;
  /** Cut after 4,096 bytes; the stored message has more. */
  content: string;
  /** Whether `content` is only the beginning. */
  truncated: boolean;
}

/** The agent hands a file to the person. */
export interface Attached {
  type: "attachment";
  session_id: string;
  seq: number;
  turn_id: string;
  file_name: string;
  mime_type: string;
  /** Its bytes are at `GET /api/files/raw?path=`. */
  path: string;
  size: number;
}

/** What became of a message that arrived while a turn was running; the turn is its own. */
export interface FollowupFate {
  type: "followup";
  session_id: string;
  seq: number;
  turn_id: string;
  fate: "merged" | "queued" | "answered";
  into: string | null;
  iteration: number | null;
  text: string;
  attachments: Attachment[];
  client_message_id: string | null;
}

/** A sentence about the turn for the person, with what a program may want to know of it. */
export interface Notice {
  type: "notice";
  session_id: string;
  seq: number;
  turn_id: string;
  kind: string;
  /** A sentence for the person. */
  text: string;
  /** Its facts. */
  data: Record<string, unknown>;
}

/** The last event of a turn that was not failed. Numbers are of the whole turn. */
export interface TurnEnded {
  type: "stream_end";
  session_id: string;
  seq: number;
  turn_id: string;
  outcome:
    | "success"
    | "refusal"
    | "content_filter"
    | "max_tokens"
    | "pause_turn"
    | "empty"
    | "loop"
    | "max_turns"
    | "deadline"
    | "budget"
    | "stopped"
    | "error"
    | "cancelled"
    | "parked";
  /** All the model said in this turn, completions joined by a blank line. */
  text: string;
  usage: Usage;
  /** Rounds of tool calls. */
  num_turns: number;
  /** Seconds since the turn was started in this process. */
  elapsed: number;
  /** A sentence to the person: why it went no further. */
  notice: string | null;
  is_error: false;
  /** Of all prompts, cached ones included. */
  input_tokens: number;
  output_tokens: number;
  cache_read_input_tokens: number;
  cache_creation_input_tokens: number;
  /** US dollars; 0 when the price is not known, which `cost_known` tells. */
  cost_usd: number;
  /** Whether `cost_usd` is what it has cost. */
  cost_known: boolean;
  /** The last that answered. */
  model: string | null;
}

/** The last event of a turn that failed; what was said and done so far is stored. */
export interface TurnFailed {
  type: "stream_end";
  session_id: string;
  seq: number;
  turn_id: string;
  outcome:
    | "success"
    | "refusal"
    | "content_filter"
    | "max_tokens"
    | "pause_turn"
    | "empty"
    | "loop"
    | "max_turns"
    | "deadline"
    | "budget"
    | "stopped"
    | "error"
    | "cancelled"
    | "parked";
  /** A sentence to the person. */
  error: string;
  /** All the model said until then. */
  text: string;
  usage: Usage;
  /** Rounds of tool calls. */
  num_turns: number;
  /** Seconds since the turn was started in this process. */
  elapsed: number;
  is_error: true;
  /** `error` as a list, for clients that expect one. */
  errors: string[];
  /** Of all prompts, cached ones included. */
  input_tokens: number;
  output_tokens: number;
  cache_read_input_tokens: number;
  cache_creation_input_tokens: number;
  /** US dollars; 0 when the price is not known, which `cost_known` tells. */
  cost_usd: number;
  /** Whether `cost_usd` is what it has cost. */
  cost_known: boolean;
  /** The last that answered. */
  model: string | null;
}

export type Delta = TextDelta | ThinkingDelta;

export type StreamEnd = TurnEnded | TurnFailed;

export type SessionEvent =
  | PathChosen
  | StreamStart
  | CompletionStart
  | TextDelta
  | ThinkingDelta
  | ToolUse
  | ApprovalWanted
  | ApprovalGiven
  | ToolResult
  | Attached
  | FollowupFate
  | Notice
  | TurnEnded
  | TurnFailed;

/** Always the first frame. */
export interface Hello {
  type: "hello";
  version: string;
  /** Another one: the daemon was started again, and what it had told may have changed. */
  boot_id: string;
  agent_name: string;
  /** Who was let in. */
  user_id: string;
  role: "admin" | "user";
  /** Id of the key or device that proved it; empty where there is none. */
  credential: string;
  protocol: number;
}

/** The message is stored on disk. */
export interface Accepted {
  type: "accepted";
  client_message_id: string | null;
  session_id: string;
  turn_id: string;
  /** The id was known, and the rest describes the first one. */
  duplicate: boolean;
  /** Whether it began a conversation. */
  created: boolean;
  fate: "started" | "followup" | "queued" | "merged" | "done" | "failed" | "cancelled";
  /** What the message causes has greater numbers. */
  after_seq: number;
}

/** Answer to `resume`, before the replayed events. */
export interface Backlog {
  type: "backlog";
  session_id: string;
  /** False when some events are no longer kept, so that stored messages must be read again. */
  complete: boolean;
  last_seq: number;
  running_turn_id: string | null;
}

/** What a client asked for was not done; the connection stays. */
export interface ErrorFrame {
  type: "error";
  kind:
    | "invalid"
    | "unauthenticated"
    | "forbidden"
    | "not_found"
    | "conflict"
    | "too_large"
    | "rate_limited"
    | "unavailable"
    | "timeout"
    | "failed";
  /** The name of the error, which says more than its kind. */
  code: string;
  /** For a person. */
  message: string;
  /** Of what failed, as far as known. */
  client_message_id: string | null;
  session_id: string | null;
}

/** Conversations have another title, read mark or state, or are gone; told to every connection of their user. */
export interface SessionsUpdated {
  type: "sessions_updated";
  sessions: Session[];
  /** Those that were deleted. */
  gone: string[];
}

/** What `GET /api/config` tells may have changed and is to be read again; told to every connection. */
export interface ConfigChanged {
  type: "config_changed";
}

/** Something has happened that a user is to know of; told to every connection of theirs. */
export interface Notification {
  type: "notification";
  /** The subsystem that says it: `cron` … */
  source: string;
  /** What it is about: the name of a job. */
  job_name: string;
  result_preview: string;
  /** How it ended, where it is something that ends. */
  success: boolean | null;
  /** The conversation to look at. */
  session_id: string | null;
}

/** Somebody is asked about a call of a tool, or was; told to every connection of theirs. */
export interface ApprovalFrame {
  type: "approval";
  approval: Approval;
}

/** Output of a command in the foreground, as it comes; told to whoever looks on, and kept by nobody. */
export interface ToolOutput {
  type: "tool_output";
  session_id: string;
  turn_id: string;
  /** What the model calls the call. */
  tool_use_id: string;
  text: string;
  /** Bytes before it that came too fast to be told. */
  skipped: number;
}

/** Answer to `ping`. */
export interface Pong {
  type: "pong";
}

export type Fate = Accepted["fate"];

export type ServerFrame =
  | Hello
  | Accepted
  | Backlog
  | ErrorFrame
  | SessionsUpdated
  | ConfigChanged
  | Notification
  | ApprovalFrame
  | ToolOutput
  | Pong
  | SessionEvent;

export const SESSION_EVENTS = [
  "path",
  "stream_start",
  "completion_start",
  "text_delta",
  "thinking_delta",
  "tool_use",
  "approval_wanted",
  "approval_given",
  "tool_result",
  "attachment",
  "followup",
  "notice",
  "stream_end",
] as const;

export const OTHER_FRAMES = [
  "hello",
  "accepted",
  "backlog",
  "error",
  "sessions_updated",
  "config_changed",
  "notification",
  "approval",
  "tool_output",
  "pong",
] as const;
