import { window } from "./dom";
import assert from "node:assert/strict";
import { test } from "node:test";
import { render } from "preact";
import { act } from "preact/test-utils";
import { storedTurns } from "../src/conversation/history";
import { Markdown } from "../src/markdown/Markdown";
import { sanitiseMath } from "../src/markdown/sanitise";
import { mathOf } from "../src/markdown/tex";
import type { Api } from "../src/net/api";
import type { Message } from "../src/protocol";
import { composerOf, syncDrafts } from "../src/state/composer";
import { theme } from "../src/state/preferences";
import { begunAt, matching } from "../src/state/suggestions";

const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

async function shown(text: string): Promise<HTMLElement> {
  const root = document.createElement("div");
  document.body.append(root);
  await act(() => render(<Markdown text={text} growing={false} />, root));
  return root;
}

for (const [text, formulas] of [
  ["so $E = mc^2$.", ["$E = mc^2$"]],
  ["it costs $5 and $6, or US$7", []],
  ["from $5-$6 to $x$ and $10", ["$x$"]],
  ["\\(a\\) and \\[b\\] and $$c$$", ["\\(a\\)", "\\[b\\]", "$$c$$"]],
  ["`$x$` is code, $PATH and $HOME are not", []],
  ["a $ b $ c", []],
] as const) {
  test(`formulas in ${JSON.stringify(text)}`, async () => {
    const root = await shown(text);
    assert.deepEqual(
      [...root.querySelectorAll(".formula")].map((each) => each.textContent),
      formulas,
    );
    render(null, root);
  });
}

test("a formula becomes MathML of the elements that are allowed, and what cannot be read stays as it was written", () => {
  const [math] = mathOf("$\\frac{a}{b}$") ?? [];
  assert.ok(typeof math === "object" && math.tag === "math");
  assert.match(JSON.stringify(math), /mfrac/);
  assert.doesNotMatch(JSON.stringify(math), /annotation|frac\{/);
  assert.equal(mathOf("$\\frac{$"), null);
  assert.doesNotMatch(JSON.stringify(mathOf("$\\href{javascript:alert(1)}{x}$")), /javascript:/);
});

test("nothing but formulas comes through the sanitiser of formulas", () => {
  const html =
    '<b onclick=x>b</b><math href="javascript:x" onclick="x"><mi style="color:red" mathvariant="bold">x</mi>' +
    '<annotation-xml encoding="text/html"><img src=x onerror=y></annotation-xml><mtext><script>z</script>t</mtext></math>';
  const text = JSON.stringify(sanitiseMath(html));
  assert.doesNotMatch(text, /script|onclick|onerror|javascript|style|img|"b"/);
  assert.match(text, /mathvariant/);
});

test("a diagram is drawn in a frame of no origin, a page only when somebody wants to see it", async () => {
  theme.value = "dark";
  const root = await shown("```mermaid\nflowchart LR\n```\n\n```html\n<script>1</script>\n```");
  const frames = () => [...root.querySelectorAll("iframe")].map((frame) => frame.getAttribute("src"));
  assert.deepEqual(frames(), ["/frames/diagram.html"]);
  assert.equal(root.querySelector("iframe")?.getAttribute("sandbox"), "allow-scripts");
  const button = root.querySelector<HTMLElement>("[aria-label='Show what it looks like']");
  await act(() => button?.click());
  assert.deepEqual(frames(), ["/frames/diagram.html", "/frames/preview.html"]);
  const frame = root.querySelector("iframe");
  const say = (data: unknown, source: unknown) =>
    act(() => {
      const event = new window.MessageEvent("message", { data });
      Object.defineProperty(event, "source", { value: source });
      window.dispatchEvent(event);
    });
  await say({ height: 300 }, window);
  assert.notEqual(frame?.getAttribute("height"), "300"); // others are not believed
  await say({ height: 99_999 }, frame?.contentWindow);
  assert.equal(frame?.getAttribute("height"), "2000");
  await say({ failed: "no such thing" }, frame?.contentWindow);
  assert.match(root.textContent ?? "", /It cannot be drawn: no such thing/);
  assert.match(root.textContent ?? "", /flowchart LR/);
  render(null, root);
});

test("turns stay the same values when earlier ones are read", () => {
  const row = (id: number, turn_id: string, role: string) =>
    ({ id, turn_id, role, content: "x", attachments: [], timestamp: "" }) as unknown as Message;
  const late = [row(3, "b", "user"), row(4, "b", "assistant")];
  const [before] = storedTurns(late);
  const [, after] = storedTurns([row(1, "a", "user"), row(2, "a", "assistant"), ...late]);
  assert.ok(before !== undefined && before === after);
  const [more] = storedTurns([...late, row(5, "b", "assistant")]);
  assert.equal(more?.parts.length, 2);
});

test("what somebody begins to type is recognised, and the best names come first", () => {
  assert.deepEqual(begunAt("/we", 3), { kind: "command", query: "we", start: 0 });
  assert.deepEqual(begunAt("look at @do/re", 14), { kind: "file", query: "do/re", start: 8 });
  for (const text of ["a /we", "/a b", "mail@me", "/a/b"]) assert.equal(begunAt(text, text.length), null);
  const named = (name: string) => ({ name, about: "", text: name });
  const all = ["a week", "Weather", "other"].map(named);
  assert.deepEqual(
    matching(all, "we").map(({ name }) => name),
    ["Weather", "a week"],
  );
});

test("a draft goes to other devices, and is taken over from them unless something was written here", async () => {
  const kept = new Map<string, string>([["d1", "from the phone"]]);
  const api = {
    drafts: () => Promise.resolve([...kept].map(([place, text]) => ({ place, text, at: "" }))),
    keepDraft: (place: string, text: string) => Promise.resolve(kept.set(place, text)),
  } as unknown as Api;
  const here = composerOf("d2");
  here.write("written here");
  await syncDrafts(api);
  assert.equal(composerOf("d1").text.value, "from the phone");
  assert.equal(here.text.value, "written here");
  await pause(10);
  assert.equal(kept.get("d2"), "written here");
  kept.set("d2", "and went on elsewhere");
  await syncDrafts(api);
  assert.equal(here.text.value, "and went on elsewhere");
  here.take();
  await here.sync();
  assert.equal(kept.get("d2"), "");
  kept.delete("d1");
  await syncDrafts(api);
  assert.equal(composerOf("d1").text.value, "");
});
