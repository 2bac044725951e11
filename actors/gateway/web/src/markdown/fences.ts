/**
 * Fenced blocks of code. Markdown ends one at the first bare fence of its length, so an example of Markdown that
 * contains fences has to stand between longer ones, which models forget. In a block that says it is Markdown, a fence
 * with a language therefore opens a block within, and the next bare fence ends that one. A bare fence always ends. Pure.
 */

const FENCE = /^ {0,3}(`{3,}|~{3,})([^\n]*)$/;
const MARKDOWN = /^(?:markdown|md|mdx|gfm|commonmark)\b/i;

interface Fence {
  readonly mark: string;
  readonly info: string;
}

/** Reads a line as a fence; null when it is none. */
function fenceOf(line: string): Fence | null {
  const [, mark, rest] = FENCE.exec(line) ?? [];
  if (mark === undefined || rest === undefined) return null;
  return mark.startsWith("`") && rest.includes("`") ? null : { mark, info: rest.trim() };
}

/** The fenced blocks that are open at some line, the outermost first. */
export class OpenFences {
  private open: readonly Fence[] = [];

  get inside(): boolean {
    return this.open.length > 0;
  }

  take(line: string): void {
    const fence = fenceOf(line);
    if (fence === null) return;
    const innermost = this.open.at(-1);
    if (innermost === undefined) this.open = [fence];
    else if (!fence.mark.startsWith(innermost.mark)) return;
    else if (fence.info === "") this.open = this.open.slice(0, -1);
    else if (MARKDOWN.test(innermost.info)) this.open = [...this.open, fence];
  }
}

export interface MarkdownBlock {
  readonly raw: string;
  readonly info: string;
  readonly text: string;
}

/**
 * Reads the block of Markdown that a text begins with.
 *
 * @param growing whether more text may come: then a block that is still open lasts to the end.
 * @returns null for a block of another kind, and for one whose fences do not come in pairs.
 */
export function markdownBlock(source: string, growing: boolean): MarkdownBlock | null {
  const lines = source.split("\n");
  const first = fenceOf(lines[0] ?? "");
  if (first === null || !MARKDOWN.test(first.info)) return null;
  const fences = new OpenFences();
  const last = lines.findIndex((line) => {
    fences.take(line);
    return !fences.inside;
  });
  if (last === -1 && !growing) return null;
  const [raw, inner] =
    last === -1 ? [lines, lines.slice(1)] : [lines.slice(0, last + 1), lines.slice(1, last)];
  return { raw: raw.join("\n"), info: first.info, text: inner.join("\n") };
}
