/** The first bytes of a file as text. Pure. */

/**
 * The text that these bytes are; null where they are none.
 *
 * @param whole whether they are all of the file; otherwise the last character may be cut, and is left out.
 */
export function textOf(bytes: Uint8Array, whole: boolean): string | null {
  if (bytes.includes(0)) return null;
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes, { stream: !whole });
  } catch {
    return null;
  }
}
