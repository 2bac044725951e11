/** Formulas as MathML, by KaTeX. Loaded only when an answer has one. */

import katex from "katex";
import { sanitiseMath, type SafeNode } from "./sanitise";

/** A formula with its marks as safe elements; null where it cannot be read. */
export function mathOf(raw: string): readonly SafeNode[] | null {
  const displayMode = raw.startsWith("$$") || raw.startsWith("\\[");
  const tex = raw.startsWith("$") && !displayMode ? raw.slice(1, -1) : raw.slice(2, -2);
  try {
    const html = katex.renderToString(tex, {
      output: "mathml",
      displayMode,
      strict: "ignore",
      maxExpand: 300,
    });
    return sanitiseMath(html);
  } catch {
    return null;
  }
}
