/** What this section of the page is told. Written by scripts/docs from the messages of its subsystem. */

/** One hook as it is now. */
export interface Hook {
  /** That of its folder, where it has none of its own that could be read. */
  name: string;
  /** None where that could not be read. */
  event:
    | "PreToolUse"
    | "PostToolUse"
    | "PostToolUseFailure"
    | "UserPromptSubmit"
    | "SessionStart"
    | "SessionEnd"
    | "Stop"
    | "Notification"
    | "SubagentStart"
    | "SubagentStop"
    | "PreCompact"
    | "PermissionRequest"
    | "Setup"
    | "TeammateIdle"
    | "TaskCompleted"
    | "ConfigChange"
    | "WorktreeCreate"
    | "WorktreeRemove"
    | null;
  matcher: string | null;
  /** None for a function of the program. */
  command: string | null;
  /** Seconds it may take. */
  timeout: number | null;
  /** Whether it runs outside of the sandbox. */
  trusted: boolean;
  /** Whether `[hooks] disabled` names it. */
  disabled: boolean;
  required: boolean;
  /** Of its manifest. */
  path: string;
  description: string;
  state: "ready" | "skipped" | "tripped" | "nothing" | "broken" | "off";
  why: string;
  /** When it is tried again, once `tripped`. */
  until: string | null;
  /** In a row. */
  failures: number;
}

/** One hook was called, or would have been. */
export interface Run {
  /** Its name; empty for one of the program without a name. */
  hook: string;
  event:
    | "PreToolUse"
    | "PostToolUse"
    | "PostToolUseFailure"
    | "UserPromptSubmit"
    | "SessionStart"
    | "SessionEnd"
    | "Stop"
    | "Notification"
    | "SubagentStart"
    | "SubagentStop"
    | "PreCompact"
    | "PermissionRequest"
    | "Setup"
    | "TeammateIdle"
    | "TaskCompleted"
    | "ConfigChange"
    | "WorktreeCreate"
    | "WorktreeRemove";
  tool: string;
  session: string;
  at: string;
  seconds: number;
  result: "ok" | "async" | "ask" | "allow" | "deny" | "failed" | "timeout" | "skipped" | "tripped";
  /** Why: the reason of a decision, what was wrong. */
  detail: string;
  /** The end of it. */
  stderr: string;
}
