/** Beginning a conversation from elsewhere in the page. */

import { composerOf } from "./composer";
import { FRESH, go } from "./router";

/** Goes to a new conversation with a text that is yet to be sent; what was being written there stays behind it. */
export function beginWith(text: string): void {
  const composer = composerOf(null);
  composer.write(text + composer.text.value);
  go(FRESH);
}
