/** What a tool was given and gave, as text to read. Pure. */

/** Fields that say best what a call is about, the best first. */
const TELLING = [
  "file_path",
  "path",
  "pattern",
  "description",
  "command",
  "query",
  "url",
  "key",
  "file",
  "name",
];
const LONGEST_SUMMARY = 120;
/** Longest value shown beside its name; others get a box of their own. */
const LONGEST_LINE = 80;

export interface InputField {
  readonly name: string;
  readonly text: string;
  readonly long: boolean;
}

/** Tools whose `path` or `file_path` is that of a file or folder in the agent's home. */
const OF_FILES: ReadonlySet<string> = new Set(
  "Attach Edit FileDelete FileList FileRead FileWrite Read Write".split(" "),
);

/** Whether what a tool was given under this name leads to a file. */
export function namesFile(tool: string, field: string): boolean {
  return OF_FILES.has(tool) && (field === "path" || field === "file_path");
}

/** One line on what a call is about. */
export function summary(input: unknown): string {
  if (typeof input !== "object" || input === null) return "";
  const fields = input as Readonly<Record<string, unknown>>;
  const name = TELLING.find((field) => typeof fields[field] === "string" && fields[field] !== "");
  const text = name === undefined ? "" : String(fields[name]);
  const line = text.replaceAll(/\s+/g, " ").trim();
  return line.length > LONGEST_SUMMARY ? `${line.slice(0, LONGEST_SUMMARY)}…` : line;
}

export function inputFields(input: unknown): InputField[] {
  const isObject = typeof input === "object" && input !== null && !Array.isArray(input);
  const entries = isObject ? Object.entries(input) : [["value", input] as const];
  return entries.map(([name, value]) => {
    const text = typeof value === "string" ? value : (JSON.stringify(value, null, 2) ?? "");
    return { name, text, long: text.length > LONGEST_LINE || text.includes("\n") };
  });
}

/** JSON with line breaks; anything else as it is. */
export function pretty(text: string): string {
  if (!/^\s*[[{]/.test(text)) return text;
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}
