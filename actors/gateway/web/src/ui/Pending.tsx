import type { Waiting } from "../conversation/model";
import { t } from "../language/texts";
import type { PendingMessage } from "../state/pending";
import { TextButton } from "./buttons";
import { useApp } from "./context";
import { Prompt } from "./Prompt";

/**
 * A message of ours that the conversation does not show yet, and what is becoming of it. It is `held` behind one that was
 * to begin the conversation and was refused.
 */
export function OutgoingView({ entry, held }: { entry: PendingMessage; held: boolean }) {
  const app = useApp();
  if (entry.state !== "refused") {
    const waits = t("Waits until the first message has been sent");
    const note = held ? waits : fate(entry, app.link.value.name === "ready", app.open.running.value);
    return <Prompt text={entry.text} attachments={entry.attachments} tone="pending" note={note} />;
  }
  const note = (
    <>
      <span class="error">{t("Not sent: {error}", { error: entry.error ?? "" })}</span>
      <TextButton onClick={() => app.pending.retry(entry.id)}>{t("Try again")}</TextButton>
      <TextButton onClick={() => app.open.takeBack(entry)}>{t("Edit")}</TextButton>
      <TextButton onClick={() => app.pending.remove(entry.id)}>{t("Discard")}</TextButton>
    </>
  );
  return <Prompt text={entry.text} attachments={entry.attachments} tone="refused" note={note} />;
}

function fate(entry: PendingMessage, connected: boolean, running: boolean): string {
  if (entry.state === "waiting") {
    if (!connected) return t("Kept here until the connection is back");
    return entry.error === null
      ? t("Sending…")
      : t("Not stored yet: {error}. Trying again…", { error: entry.error });
  }
  if (entry.queued) return t("Next in line: waits for the present answer");
  return running ? t("Received: the agent reads it at its next step") : t("Received");
}

/** A message that came from elsewhere and waits for its turn. */
export function WaitingView({ waiting }: { waiting: Waiting }) {
  return (
    <Prompt
      text={waiting.text}
      attachments={waiting.attachments}
      tone="pending"
      note={t("Next in line: waits for the present answer")}
    />
  );
}
