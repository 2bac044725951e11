import type { RefObject } from "preact";
import { useEffect } from "preact/hooks";
import { passed } from "../format";
import { t } from "../language/texts";
import { composerOf, type Composer } from "../state/composer";
import { inserted } from "../state/dictation";
import { openSession } from "../state/router";
import { IconButton } from "./buttons";
import { useApp } from "./context";
import { useNow } from "./hooks";

interface DictateProps {
  composer: Composer;
  field: RefObject<HTMLTextAreaElement | null>;
}

/** Records what is said, and has it written where the cursor is; only where somebody can put it into words. */
export function Dictate({ composer, field }: DictateProps) {
  const { daemon, dictation } = useApp();
  const phase = dictation.phase.value;
  const busy = phase !== "idle";
  // Whoever leaves is no longer heard; what was said until then is written where it was begun.
  useEffect(() => () => dictation.finish(), [composer]);
  useEffect(() => {
    if (!busy) return;
    const cancel = (event: KeyboardEvent) => {
      if (event.key !== "Escape" || event.isComposing) return;
      event.preventDefault(); // it does nothing else then
      dictation.cancel();
    };
    document.addEventListener("keydown", cancel, true);
    return () => document.removeEventListener("keydown", cancel, true);
  }, [busy]);
  if (!daemon.config.value.transcribes && !busy) return null;

  const pressed = () => {
    if (phase === "idle") void dictation.begin((words) => put(words, composer, field.current));
    else dictation.finish();
  };
  return (
    <>
      <IconButton
        class={`dictate ${phase}`}
        icon={phase === "recording" ? "square" : "microphone"}
        label={phase === "recording" ? t("Write down what I said") : t("Dictate")}
        pressed={busy}
        onClick={pressed}
      />
      {busy && <IconButton icon="cross" label={t("Take nothing down")} onClick={() => dictation.cancel()} />}
    </>
  );
}

/** Puts words into what is being written: at the cursor where it is seen, else at the end. */
function put(words: string, composer: Composer, area: HTMLTextAreaElement | null): void {
  const text = composer.text.value;
  const seen = area !== null && composerOf(openSession.value) === composer;
  const [start, end] = seen ? [area.selectionStart, area.selectionEnd] : [text.length, text.length];
  const [all, cursor] = inserted(text, start, end, words);
  composer.write(all);
  if (!seen) return;
  requestAnimationFrame(() => {
    area.focus();
    area.setSelectionRange(cursor, cursor);
  });
}

/** What dictation is at, for who looks; who listens is told by an announcement. */
export function DictationHint() {
  const { dictation } = useApp();
  const phase = dictation.phase.value;
  const now = useNow(phase === "recording");
  if (phase === "hearing") return <span class="hint">{t("Being put into words…")}</span>;
  if (phase === "asking") return <span class="hint">{t("Waiting for the microphone…")}</span>;
  return (
    <span class="hint recording">
      <span class="pulse" aria-hidden="true" />
      {passed(dictation.since.value, now)}
    </span>
  );
}
