/** Files of the agent's home, as links in Markdown name them. Pure. */

/** Before a path in an address, which never leads out of the page. */
const SCHEME = "home:";

/** The address of what a link names by a relative path, and maybe a part of it; null for anything else. */
export function homeAddress(target: string): string | null {
  const [path = "", ...parts] = target.split("#");
  const address = addressOf(decoded(path));
  if (address === null || parts.length === 0) return address;
  return `${address}#${encoded(decoded(parts.join("#"))) ?? ""}`;
}

/** The address of a file by its path, in which no mark means anything; null where it is not relative. */
export function addressOf(path: string): string | null {
  const elsewhere = /^(?:[a-z][a-z\d+.-]*:|[#/\\~?]|www\.)/i.test(path);
  if (path === "" || elsewhere || /[\\\p{Cc}]/u.test(path)) return null;
  const written = encoded(path);
  return written === null ? null : SCHEME + written;
}

export function isHomeAddress(address: string): boolean {
  return address.startsWith(SCHEME);
}

/** The part of a file that an address names behind its path, with its mark; empty where it names none. */
export const partOf = (address: string) => decoded(/#.*$/s.exec(address)?.[0] ?? "");

/** What an address of home says, as it was written. */
export function written(address: string): string {
  return decoded(address.slice(SCHEME.length));
}

/**
 * The path from home on to what an address names; null where it leads out of home.
 *
 * @param folder in which the text with the link lies; empty for home.
 */
export function homePath(address: string, folder: string): string | null {
  const names = folder === "" ? [] : folder.split("/");
  for (const name of written(address.replace(/#.*$/s, "")).split("/")) {
    if (name === "..") {
      if (names.pop() === undefined) return null;
    } else if (name !== "" && name !== ".") names.push(name);
  }
  return names.join("/");
}

function encoded(text: string): string | null {
  try {
    return encodeURIComponent(text);
  } catch {
    return null; // half a surrogate pair
  }
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // a per cent sign that is one
  }
}
