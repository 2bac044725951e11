/** What the fake agent does with a message, by the words in it. */

import type { Attachment } from "../../src/protocol";
import { EVIL, SHOWPIECE } from "../texts";
import type { Act, Script } from "./conversation";

const LONG = Array.from(
  { length: 30 },
  (_, index) =>
    `Paragraph ${index + 1} goes on for a while, so that the page has to scroll and the view must follow it without a jerk.`,
).join("\n\n");

const call = (id: string, name: string, input: unknown): Act => ({ call: name, id, input });

function work(suffix: string): Act[] {
  return [
    { think: "The person wants both files compared. I read them first, then look for lines that differ." },
    { say: "I will read both files first." },
    call(`a${suffix}`, "FileRead", { file_path: "notes/monday.md" }),
    call(`b${suffix}`, "FileRead", { file_path: "notes/tuesday.md", limit: 200 }),
    { pause: 700 },
    { result: "# Monday\n\n- water the plants\n- call Ada\n", id: `a${suffix}` },
    { pause: 900 },
    { result: "the file does not exist", id: `b${suffix}`, error: true },
    { next: true },
    { say: "Tuesday is missing, so I make it from Monday." },
    call(`c${suffix}`, "FileWrite", {
      file_path: "notes/tuesday.md",
      content: "# Tuesday\n\n- water the plants\n- write to Ada\n",
    }),
    { pause: 1200 },
    { result: '{"written": 46, "path": "notes/tuesday.md"}', id: `c${suffix}` },
    { next: true },
    { say: "Done: `notes/tuesday.md` now has **two** entries, and only the second differs from Monday's." },
  ];
}

let turns = 0;

/** @param file what the word "file" hands over. */
export function scripts(file?: Attachment): Script {
  return (text) => {
    turns += 1;
    const suffix = `-${turns}`;
    if (text.includes("tools")) return work(suffix);
    if (text.includes("markdown")) return [{ say: SHOWPIECE }];
    if (text.includes("evil"))
      return [
        call(`x${suffix}`, "<b>Evil</b>", { path: EVIL }),
        { result: EVIL, id: `x${suffix}` },
        { next: true },
        { say: EVIL, pace: 2 },
      ];
    if (text.includes("long")) return [{ say: LONG, pace: 8 }];
    if (text.includes("slow")) return [{ say: LONG.slice(0, 1500), pace: 60 }];
    if (text.includes("big"))
      return [
        call(`g${suffix}`, "FileRead", { file_path: "big.txt" }),
        { result: "line of text\n".repeat(900), id: `g${suffix}` },
        { next: true },
        { say: "That was a lot." },
      ];
    if (text.includes("fail"))
      return [
        { say: "I begin, but" },
        { fail: "The provider hung up: 529 overloaded. Nothing is lost; try again in a minute." },
      ];
    if (text.includes("file") && file !== undefined) return [{ say: "Here it is." }, { file }];
    if (text.includes("wait"))
      return [
        { notice: "retrying", text: "The provider is busy; asking again in 3 s" },
        { pause: 3000 },
        { say: "Now." },
      ];
    return [{ say: `You said: ${text}` }];
  };
}
