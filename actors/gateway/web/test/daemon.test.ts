import "./dom";
import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import type { Api } from "../src/net/api";
import { PROTOCOL, type Config, type Hello } from "../src/protocol";
import { composerOf } from "../src/state/composer";
import { Daemon } from "../src/state/daemon";
import { renewWhenIdle } from "../src/state/renew";

const SCRIPT = "/assets/app-ONE.js";

const hello = (boot_id: string, protocol = PROTOCOL): Hello => ({
  type: "hello",
  protocol,
  version: "0.1.0",
  boot_id,
  agent_name: "Aster",
  user_id: "admin",
  role: "admin",
  credential: "",
});

/** A daemon that answers with one greeting after the other, and with a page made of `script`. */
function daemon(script = SCRIPT) {
  let greeting = 0;
  const config = () => Promise.resolve({ greeting: String((greeting += 1)) } as Config);
  const page = () => Promise.resolve(`<script type="module" src="${script}"></script>`);
  return new Daemon({ config, page } as unknown as Api, SCRIPT);
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

beforeEach(() => {
  localStorage.clear();
  sessionStorage.clear();
});

test("names, texts and models are read again when another process answers, and only then", async () => {
  const one = daemon();
  for (const [boot, greeting] of [
    ["a", "1"],
    ["a", "1"],
    ["b", "2"],
    ["b", "2"],
  ] as const) {
    one.met(hello(boot));
    await settled();
    assert.equal(one.config.value.greeting, greeting);
  }
  assert.equal(one.outdated.value, false);
});

test("of two answers that come in another order than they were asked for, the later question counts", async () => {
  const answers: ((config: Config) => void)[] = [];
  const config = () => new Promise<Config>((resolve) => answers.push(resolve));
  const one = new Daemon({ config } as unknown as Api, SCRIPT);
  void one.configure();
  void one.configure();
  for (const [question, greeting] of [
    [1, "new"],
    [0, "old"],
  ] as const)
    answers[question]?.({ greeting } as Config);
  await settled();
  assert.equal(one.config.value.greeting, "new");
});

test("the page is outdated when another process serves another one, or speaks another protocol", async () => {
  const other = daemon("/assets/app-TWO.js");
  other.met(hello("a"));
  await settled();
  assert.equal(other.outdated.value, false);
  other.met(hello("b"));
  await settled();
  assert.equal(other.outdated.value, true);

  const newer = daemon();
  newer.met(hello("a", PROTOCOL + 1));
  assert.equal(newer.outdated.value, true);
});

test("an outdated page is loaded anew once nothing is being written, and once only", () => {
  const one = daemon();
  let reloads = 0;
  const stop = renewWhenIdle(one, () => (reloads += 1));
  composerOf(null).write("half a th");
  one.outdated.value = true;
  assert.equal(reloads, 0);
  composerOf(null).take();
  assert.equal(reloads, 1);
  composerOf(null).write("more");
  composerOf(null).take();
  assert.equal(reloads, 1);
  stop();
});
