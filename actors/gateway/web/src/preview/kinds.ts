/** What a file is shown as, by its name. Pure. */

/** `text` is for all others: their content says whether there is anything to show. */
export type Kind = "picture" | "pdf" | "table" | "markdown" | "text";

const KINDS: Readonly<Record<string, Kind>> = {
  ...{ gif: "picture", jpeg: "picture", jpg: "picture", png: "picture", webp: "picture" },
  pdf: "pdf",
  ...{ csv: "table", tsv: "table", tab: "table" },
  ...{ md: "markdown", markdown: "markdown" },
};

/** Extensions that are no name of their language. */
const LANGUAGES: Readonly<Record<string, string>> = {
  ...{ bash: "bash", sh: "bash", zsh: "bash" },
  ...{ c: "c", h: "c", cc: "cpp", cpp: "cpp", cxx: "cpp", hpp: "cpp", cs: "csharp" },
  ...{ css: "css", diff: "diff", patch: "diff", dockerfile: "dockerfile", go: "go" },
  ...{ cfg: "ini", conf: "ini", ini: "ini", toml: "ini", java: "java", kt: "kotlin" },
  ...{ cjs: "javascript", js: "javascript", jsx: "javascript", mjs: "javascript" },
  ...{ ts: "typescript", tsx: "typescript", json: "json", jsonl: "json", ipynb: "json" },
  ...{ htm: "html", html: "html", xhtml: "html", svg: "svg", xml: "xml" },
  ...{ makefile: "makefile", mk: "makefile", markdown: "markdown", md: "markdown", mmd: "mermaid" },
  ...{ php: "php", py: "python", rb: "ruby", rs: "rust", sql: "sql", swift: "swift" },
  ...{ yaml: "yaml", yml: "yaml" },
};

const PLAIN: ReadonlySet<string> = new Set("ics log srt tex txt vcf".split(" "));

export function nameOf(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

/** What stands behind the last dot, or the whole name where there is none. */
function endingOf(path: string): string {
  return nameOf(path).toLowerCase().split(".").at(-1) ?? "";
}

function found<T>(table: Readonly<Record<string, T>>, key: string): T | undefined {
  return Object.hasOwn(table, key) ? table[key] : undefined;
}

export function kindOf(path: string): Kind {
  return found(KINDS, endingOf(path)) ?? "text";
}

/** The language in which a text is written; empty where its name does not tell. */
export function languageOf(path: string): string {
  return found(LANGUAGES, endingOf(path)) ?? "";
}

/** Whether a file of this name is most likely one that can be shown. */
export function isShown(path: string): boolean {
  return kindOf(path) !== "text" || languageOf(path) !== "" || PLAIN.has(endingOf(path));
}
