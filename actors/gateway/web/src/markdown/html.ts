/** Text and addresses as they are written into HTML. Pure. */

const ENTITIES: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };

/** Text to be shown letter for letter. */
export function escaped(text: string): string {
  return text.replaceAll(/[&<>"]/g, (character) => ENTITIES[character] ?? character);
}

/** Text in which entities mean what they mean in Markdown. */
export function escapedOnce(text: string): string {
  return text.replaceAll(
    /[<>"]|&(?!(?:#\d{1,7}|#x[\da-f]{1,6}|\w+);)/gi,
    (character) => ENTITIES[character] ?? character,
  );
}

/** An attribute; nothing for one without a value. */
export function attribute(name: string, value: string | number | null | undefined): string {
  return value == null || value === "" ? "" : ` ${name}="${escapedOnce(String(value))}"`;
}

/** Absolute addresses only: a relative one would lead into this page itself. */
export function isSafeAddress(value: string): boolean {
  try {
    return ["http:", "https:", "mailto:"].includes(new URL(value).protocol);
  } catch {
    return false;
  }
}

/** An address as a link needs it; null when none may lead there. */
export function followable(address: string): string | null {
  try {
    const coded = encodeURI(address).replaceAll("%25", "%");
    return isSafeAddress(coded) ? coded : null;
  } catch {
    return null; // half a surrogate pair
  }
}
