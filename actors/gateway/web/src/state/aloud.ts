/** Answers read out by a voice of the browser's. */

import { signal } from "@preact/signals";
import { t } from "../language/texts";
import { pieces } from "../markdown/spoken";
import { toast } from "./toasts";

/** Which turn is being read out; null for none. */
export const reading = signal<string | null>(null);
/** Counts what was begun, so that the end of one is not taken for that of the next. */
let begun = 0;

/** Whether the browser can speak. */
export function speaks(): boolean {
  return "speechSynthesis" in window && "SpeechSynthesisUtterance" in window;
}

/** Reads the Markdown of a turn out, from its beginning, in the language of the page; what was being read stops. */
export function readAloud(turn: string, markdown: string): void {
  hush();
  const left = pieces(markdown, document.documentElement.lang);
  if (left.length === 0) return;
  if (voice() === null) {
    toast(t("This browser only has voices that would send the text elsewhere."));
    return;
  }
  reading.value = turn;
  next(left, begun);
}

/** Stops reading. */
export function hush(): void {
  begun += 1;
  if (reading.value === null) return;
  reading.value = null;
  window.speechSynthesis.cancel();
}

/**
 * A voice of this machine, of the page's language if there is one; undefined leaves it to the browser, which does not
 * tell what it has, and null is none: all that there are speak on somebody's server.
 */
function voice(): SpeechSynthesisVoice | null | undefined {
  const voices = window.speechSynthesis.getVoices();
  const local = voices.filter(({ localService }) => localService);
  const ours = local.find(({ lang }) => lang.startsWith(document.documentElement.lang));
  return ours ?? local[0] ?? (voices.length > 0 ? null : undefined);
}

/** Piece by piece, each when the one before has ended: Chromium falls silent in the middle of what is long. */
function next(left: readonly string[], mine: number): void {
  const [piece, ...others] = left;
  if (mine !== begun) return;
  if (piece === undefined) {
    reading.value = null;
    return;
  }
  const utterance = new SpeechSynthesisUtterance(piece);
  utterance.lang = document.documentElement.lang;
  utterance.voice = voice() ?? null;
  utterance.onend = () => next(others, mine);
  utterance.onerror = () => {
    if (mine === begun) hush();
  };
  window.speechSynthesis.speak(utterance);
}
