import { CopyButton } from "./buttons";
import { useApp } from "./context";
import { Star } from "./icons";

const COMMAND = "starpod open";

/** Stands in place of the page while the gateway does not know this browser. */
export function Locked() {
  const app = useApp();
  const unsent = app.pending.unconfirmed.value;
  return (
    <main class="locked">
      <Star />
      <h1>This page needs a new link</h1>
      <p>
        It speaks to your agent in your name, so it opens only with a link from the machine the agent runs on:
      </p>
      <p class="command">
        <code>{COMMAND}</code>
        <CopyButton label="Copy the command" text={() => COMMAND} />
      </p>
      <p>
        The link is good once, and for a minute. <code>starpod dev</code> and <code>starpod serve</code> print
        one when they start.
      </p>
      <p class="quiet" role="status">
        {unsent === 0
          ? "What you have written is kept here."
          : `What you have written is kept here; ${unsent === 1 ? "a message goes" : `${unsent} messages go`} out then by itself.`}
      </p>
      <button type="button" class="new" onClick={() => app.knock()}>
        Try again
      </button>
    </main>
  );
}
