/** Which language is shown: the chosen one, or the first of the browser's that there is. */

import { signal } from "@preact/signals";
import languages from "@starpod/languages";
import { load, save } from "../state/storage";
import { shown, type Catalogue } from "./texts";

/** Those that are written from right to left. */
const FROM_RIGHT = new Set(["ar", "fa", "he", "ur"]);
const ENGLISH = "en";

/** Codes of all languages there are. */
export const LANGUAGES: readonly string[] = [ENGLISH, ...Object.keys(languages)].sort();

/** The code of the chosen language; null is that of the browser. */
export const chosen = signal<string | null>(load<string>("language"));

/** How a language calls itself. */
export const nameOf = (code: string) => new Intl.DisplayNames([code], { type: "language" }).of(code) ?? code;

/** Chooses a language, and shows it once its texts are here. Rejects where they cannot be loaded. */
export async function choose(code: string | null): Promise<void> {
  chosen.value = code;
  save("language", code);
  await showLanguage();
}

/** Shows what is chosen. Rejects where its texts cannot be loaded; then the page stays as it is. */
export async function showLanguage(): Promise<void> {
  const { code, tag } = wanted();
  const texts = (await languages[code]?.())?.default ?? {};
  if (wanted().code === code) show(code, tag, texts);
}

function show(code: string, tag: string, texts: Catalogue): void {
  shown.value = { tag, texts };
  document.documentElement.lang = code;
  document.documentElement.dir = FROM_RIGHT.has(code) ? "rtl" : "ltr";
}

const codeOf = (tag: string) => tag.toLowerCase().split("-")[0] ?? "";

/** The language, and the browser's own kind of it for dates and numbers. */
function wanted(): { code: string; tag: string } {
  const asked = [...(chosen.value === null ? [] : [chosen.value]), ...navigator.languages];
  const code = asked.map(codeOf).find((each) => LANGUAGES.includes(each)) ?? ENGLISH;
  return { code, tag: navigator.languages.find((each) => codeOf(each) === code) ?? code };
}
