/** Files: what they are shown as, tables, folders, drafts, and names that are taken. */

import "./dom";
import assert from "node:assert/strict";
import { test } from "node:test";
import { nextName } from "../../../tools/page/bringing";
import { howLong, whatGoes } from "../../../tools/page/Deleting";
import type { FileEntry } from "../../../tools/page/protocol";
import {
  arranged,
  contentOf,
  draftOf,
  draftOfText,
  folderOf,
  keepDraft,
  NEW,
} from "../../../tools/page/state";
import { textOf } from "../src/preview/beginning";
import { isShown, kindOf, languageOf, nameOf } from "../src/preview/kinds";
import { MOST_COLUMNS, MOST_ROWS, separatorOf, tableOf } from "../src/preview/table";
import { window } from "./dom";

const rows = (text: string, separator = ",") => tableOf(text, separator, true).rows;

test("what a file is shown as follows from its name", () => {
  const cases: [string, string, string, boolean][] = [
    ["a/cat.PNG", "picture", "", true],
    ["report.pdf", "pdf", "", true],
    ["a.csv", "table", "", true],
    ["notes.md", "markdown", "markdown", true],
    ["page.html", "text", "html", true],
    ["drawing.svg", "text", "svg", true],
    ["src/Makefile", "text", "makefile", true],
    ["log.txt", "text", "", true],
    ["a.zip", "text", "", false],
    ["README", "text", "", false],
    ["a.constructor", "text", "", false],
    ["a.png.exe", "text", "", false],
  ];
  for (const [path, kind, language, shown] of cases)
    assert.deepEqual([kindOf(path), languageOf(path), isShown(path)], [kind, language, shown], path);
  assert.equal(nameOf("a/b.txt"), "b.txt");
});

test("bytes are a text when they can be one, and its last character may be cut", () => {
  const bytes = new TextEncoder().encode("häß");
  assert.equal(textOf(bytes, true), "häß");
  assert.equal(textOf(bytes.subarray(0, 4), false), "hä");
  assert.equal(textOf(bytes.subarray(0, 4), true), null);
  assert.equal(textOf(new Uint8Array([104, 0, 105]), true), null);
  assert.equal(textOf(new Uint8Array([0xff, 0xfe]), true), null);
  assert.equal(textOf(new Uint8Array([0xef, 0xbb, 0xbf, 97]), true), "a");
});

test("cells in quotes hold separators, line ends and quotes", () => {
  assert.deepEqual(rows('a,"b, c"\r\n"say ""hi""","two\nlines"\n'), [
    ["a", "b, c"],
    ['say "hi"', "two\nlines"],
  ]);
  assert.deepEqual(rows("a,,\n,b"), [
    ["a", "", ""],
    ["", "b"],
  ]);
  assert.deepEqual(rows("a\rb"), [["a"], ["b"]]);
  assert.deepEqual(rows('5" nail,"open,x\n'), [['5" nail', "open,x\n"]]);
  assert.deepEqual(rows('"a"b,c'), [["ab", "c"]]);
  assert.deepEqual(rows("a;b", ";"), [["a", "b"]]);
  assert.deepEqual(rows("a,"), [["a", ""]]);
  assert.deepEqual(rows(""), []);
});

test("a formula is the text that it is", () => {
  assert.deepEqual(rows('=1+1,"=HYPERLINK(""http://x"")",@x'), [["=1+1", '=HYPERLINK("http://x")', "@x"]]);
});

test("a table has bounds, and says so", () => {
  const long = tableOf("a,b\n".repeat(MOST_ROWS + 1), ",", true);
  assert.deepEqual([long.rows.length, long.cut], [MOST_ROWS, true]);
  assert.equal(tableOf("a,b\n".repeat(MOST_ROWS), ",", true).cut, false);
  const wide = tableOf(`${"a,".repeat(MOST_COLUMNS)}b\nc`, ",", true);
  assert.deepEqual([wide.rows[0]?.length, wide.rows[1], wide.cut], [MOST_COLUMNS, ["c"], true]);
  const cell = tableOf("x".repeat(5000), ",", true);
  assert.deepEqual([cell.rows[0]?.[0]?.length, cell.cut], [2001, true]);
  assert.deepEqual(tableOf("a,b\nc,d", ",", false), { rows: [["a", "b"]], cut: true });
  assert.deepEqual(tableOf('a,b\n"c', ",", false).rows, [["a", "b"]]);
});

test("the separator is the one that the first line has", () => {
  assert.equal(separatorOf("a.csv", 'one;two;"a,b,c,d"\n1,2,3,4,5'), ";");
  assert.equal(separatorOf("a.csv", "one\ttwo"), "\t");
  assert.equal(separatorOf("a.csv", "alone"), ",");
  assert.equal(separatorOf("a.TSV", "a,b,c"), "\t");
});

function entry(
  name: string,
  type: FileEntry["type"],
  size = 0,
  modified_at = "2026-01-01T00:00:00Z",
): FileEntry {
  return { name, type, size, modified_at, mime_type: null, etag: "" };
}

test("folders come first, names in the order of people, hidden ones on demand", () => {
  const entries = [
    entry(".env", "file"),
    entry("a10.txt", "file", 1, "2026-01-03T00:00:00Z"),
    entry("a9.txt", "file", 5),
    entry("z/", "directory", 0, "2026-01-02T00:00:00Z"),
    entry("B/", "directory"),
  ];
  const names = (...how: [Parameters<typeof arranged>[1], boolean]) =>
    arranged(entries, ...how).map(({ name }) => name);
  assert.deepEqual(names("name", false), ["B/", "z/", "a9.txt", "a10.txt"]);
  assert.deepEqual(names("name", true).includes(".env"), true);
  assert.deepEqual(names("size", false), ["B/", "z/", "a9.txt", "a10.txt"]);
  assert.deepEqual(names("changed", false), ["z/", "B/", "a10.txt", "a9.txt"]);
});

test("line ends are kept as they were", () => {
  for (const content of ["a\r\nb\r\n", "a\nb\n", "\n", "", "alone"])
    assert.equal(contentOf(draftOfText({ content, etag: "1" })), content);
  assert.deepEqual(draftOfText({ content: "a\r\nb\n", etag: "1" }), {
    text: "a\nb\n",
    etag: "1",
    crlf: false,
  });
});

test("what is not saved is there again, and leaving the page is asked about", () => {
  const leave = () => window.dispatchEvent(new window.Event("beforeunload", { cancelable: true }));
  assert.equal(leave(), true);
  keepDraft("a/b.md", { ...NEW, text: "not yet" });
  assert.equal(draftOf("a/b.md")?.text, "not yet");
  assert.equal(draftOf("b.md"), null);
  assert.equal(leave(), false);
  keepDraft("a/b.md", null);
  assert.equal(leave(), true);
  assert.deepEqual([folderOf("a/b.md"), folderOf("b.md")], ["a", ""]);
});

test("what would be deleted is told", () => {
  const facts = { type: "directory", size: 1200, files: 1, folders: 2, complete: true } as const;
  assert.equal(whatGoes(facts), "The folder goes, with all in it: 1 file, 2 folders (1.2 kB).");
  assert.match(whatGoes({ ...facts, folders: 0, complete: false }), /more than 1 file \(1\.2 kB\)/);
  assert.equal(whatGoes({ ...facts, files: 0, folders: 0 }), "The folder is empty.");
  assert.equal(whatGoes({ ...facts, type: "file" }), "A file of 1.2 kB goes.");
  assert.equal(whatGoes({ ...facts, type: "link" }), "The link goes, what it leads to stays.");
  assert.equal(howLong({ kept_days: 14 }), "It can be put back for 14 days.");
  assert.match(howLong({ kept_days: 0 }), /would be gone for good/);
});

test("a name that is taken gets a number", () => {
  for (const [name, next] of [
    ["a.txt", "a (2).txt"],
    ["a (2).txt", "a (3).txt"],
    ["archive.tar.gz", "archive.tar (2).gz"],
    [".env", ".env (2)"],
    ["README", "README (2)"],
    ["(1)", "(1) (2)"],
  ] as const)
    assert.equal(nextName(name), next);
});
