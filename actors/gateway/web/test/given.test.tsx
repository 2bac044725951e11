/** Why an answer is as it is: what the model was told, what it looked up, and the way to where that comes from. */

import "./dom";
import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import { render } from "preact";
import { act } from "preact/test-utils";
import type { Given, Origin } from "../src/protocol";
import { GivenView } from "../src/ui/Told";

const root = document.createElement("div");
document.body.append(root);
afterEach(() => render(null, root));

const origin = (given: Partial<Origin>): Origin => ({
  kind: "note",
  name: "MEMORY.md",
  lines: "",
  date: null,
  score: null,
  why: "",
  ...given,
});

function show(given: Partial<Given>): number[] {
  const left: number[] = [];
  const whole: Given = { turn: "t1", called: "", told: [], looked_up: [], ...given };
  void act(() => render(<GivenView given={whole} onLeave={() => left.push(1)} />, root));
  return left;
}

const lines = () => [...root.querySelectorAll(".origins li")].map((each) => each.textContent);

test("hits of a search have their passage, day, score and why, and lead to the note", () => {
  const hit = origin({ name: "boat.md", lines: "3-7", date: "2026-03-01", score: 0.81234, why: "boat" });
  const text = JSON.stringify({ query: "the boat" });
  const left = show({
    looked_up: [{ n: 2, tool: "MemorySearch", text, is_error: false, origins: [hit] }],
  });
  assert.deepEqual(lines(), ["boat.md:3-72026-03-01 · score 0.812 · boat"]);
  assert.match(root.textContent, /MemorySearch the boat/);
  const link = root.querySelector("a");
  assert.equal(link?.getAttribute("href"), "#/s/memory/boat.md/3-7");
  void act(() => link?.click());
  assert.deepEqual(left, [1]);
});

test("what was told names the profile and the skills that were offered", () => {
  const told = (source: string, origins: Origin[], text: string | null = "…") => ({
    attempt: 1,
    source,
    size: 12,
    digest: source,
    text,
    origins,
  });
  show({
    called: "tea",
    told: [
      told("Memory", [origin({ kind: "profile", name: "USER.md", date: "2026-03-02", why: "all" })]),
      told("Skills", [origin({ kind: "skill", name: "boats" })], null),
      told("SOUL.md", []),
    ],
  });
  assert.deepEqual(lines(), ["USER.mdwho you are · changed 2026-03-02 · all", "boats"]);
  const links = [...root.querySelectorAll("a")].map((each) => each.getAttribute("href"));
  assert.deepEqual(links, ["#/s/memory/USER.md", "#/s/skills/boats"]);
  assert.match(root.textContent, /called up the skill tea/);
  assert.match(root.textContent, /No longer kept/);
  assert.doesNotMatch(root.textContent, /attempt/);
});

test("a call that failed says so, one whose input was cut shows its beginning, and nothing is told as nothing", () => {
  show({ looked_up: [{ n: 1, tool: "FileRead", text: '{"path": "a', is_error: true, origins: [] }] });
  assert.match(root.textContent, /FileRead \{"path": "a failed/);
  show({});
  assert.equal(root.textContent, "Besides the conversation nothing is stored.");
});
