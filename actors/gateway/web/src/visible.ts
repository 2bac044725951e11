/** What a person has to judge, with nothing in it that cannot be seen. Pure. */

/**
 * Characters that hide, reorder or imitate others: controls but for tabs and line breaks, everything that only shapes
 * what stands beside it, tags, and spaces that are none of the usual ones.
 */
const HIDDEN =
  /[\p{Cc}\p{Cf}\p{Co}\p{Cn}\p{Cs}\p{Zl}\p{Zp}\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0\u{e0100}-\u{e01ef}]|(?! )\p{Zs}/gu;

/** The text, with each such character written by its number: `rm‮txt` becomes `rm\u{202e}txt`. */
export function visible(text: string): string {
  return text.replace(HIDDEN, (character) =>
    character === "\n" || character === "\t"
      ? character
      : `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`,
  );
}
