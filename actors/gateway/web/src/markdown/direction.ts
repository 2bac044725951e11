/** The direction in which a text runs. Pure. */

const RIGHT_TO_LEFT =
  /[\p{Script=Hebrew}\p{Script=Arabic}\p{Script=Syriac}\p{Script=Thaana}\p{Script=Nko}\p{Script=Adlam}]/u;
/** Characters of a text that are looked at. */
const ENOUGH = 2000;

/** The direction of the first word that is no name; null where there is no word. */
export function directionOf(text: string): "ltr" | "rtl" | null {
  const words = text
    .slice(0, ENOUGH)
    .split(/\s+/)
    .filter((word) => /\p{L}/u.test(word));
  const telling = words.find((word) => !isName(word)) ?? words[0];
  const letter = /\p{L}/u.exec(telling ?? "")?.[0];
  if (letter === undefined) return null;
  return RIGHT_TO_LEFT.test(letter) ? "rtl" : "ltr";
}

/** Addresses, paths, names of files and of code: they say nothing about the language around them. */
function isName(word: string): boolean {
  const bare = word.replace(/[.,:;!?)\]]$/, "");
  return /^[\x21-\x7e]+$/.test(bare) && /[./\\:_=@]/.test(bare);
}
