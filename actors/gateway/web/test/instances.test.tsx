import { window } from "./dom";
import assert from "node:assert/strict";
import { test } from "node:test";
import { render } from "preact";
import { act } from "preact/test-utils";
import { Down } from "../../../instances/page/Down";
import { Entry } from "../../../instances/page/Entry";
import { Notices } from "../../../instances/page/Notices";
import type { Health, Instance, LogLine, Notice, Overview, Sample } from "../../../instances/page/protocol";
import {
  act as deedDone,
  addressOf,
  create,
  deedsFor,
  deedWords,
  EMPTY,
  grown,
  health,
  healthWords,
  line,
  LINES,
  look,
  memory,
  nameOf,
  noticeWords,
  spanWords,
  statusWords,
  troubleWords,
  warningOf,
  withSample,
} from "../../../instances/page/state";
import { locked } from "../src/net/access";
import { follow } from "../src/net/follow";

const HEALTH: Health = {
  cpu_percent: 3.25,
  memory_mb: 84,
  disk_mb: 2,
  last_heartbeat: 997,
  uptime_secs: 7260,
};

function instance(more: Partial<Instance> = {}): Instance {
  return {
    id: "0123456789abcdef",
    name: "mine",
    status: "running",
    said: "running",
    region: null,
    agent_id: null,
    created_at: 1,
    updated_at: 2,
    health: null,
    error: null,
    web_url: "http://127.0.0.1:20001",
    ...more,
  };
}

function overview(more: Partial<Overview> = {}): Overview {
  return {
    url: "https://host.example",
    monitored: false,
    instances: [instance()],
    trouble: null,
    reason: "",
    notices: [],
    ...more,
  };
}

const notice = (more: Partial<Notice>): Notice => ({
  at: 5,
  instance: "0123456789abcdef",
  name: "mine",
  what: "status",
  before: null,
  now: null,
  ...more,
});

function drawn(view: Parameters<typeof render>[0]): HTMLElement {
  const place = window.document.createElement("div");
  window.document.body.append(place);
  act(() => render(view, place));
  return place as unknown as HTMLElement;
}

test("what may be done follows from how an instance is", () => {
  assert.deepEqual(deedsFor(instance()), ["pause", "restart", "delete"]);
  assert.deepEqual(deedsFor(instance({ status: "paused" })), ["restart", "delete"]);
  assert.deepEqual(deedsFor(instance({ status: "deleting" })), []);
  assert.equal(deedWords("restart", instance({ status: "error" })), "Start");
  assert.equal(deedWords("restart", instance()), "Restart");
  assert.equal(statusWords(instance({ status: "unknown", said: "FROZEN" })), "FROZEN");
  assert.equal(nameOf(instance({ name: null })), "01234567");
});

test("before something is deleted it is said what goes, what stays, and that nobody can undo it", () => {
  const said = warningOf("delete", instance()).join(" ");
  for (const word of ["conversations", "memory", "files in its home", "stay at the backend", "undo"])
    assert.ok(said.includes(word), word);
  assert.ok(!warningOf("pause", instance()).join(" ").includes("deleted"));
  assert.notDeepEqual(warningOf("restart", instance()), warningOf("restart", instance({ status: "paused" })));
});

test("an address of a backend is a link only if it is one of the web", () => {
  assert.equal(addressOf(instance()), "http://127.0.0.1:20001");
  for (const url of [null, "javascript:alert(1)", "data:text/html,x", "//host", "https://a b"])
    assert.equal(addressOf(instance({ web_url: url })), null);
});

test("health is told in words and drawn as a line", () => {
  assert.deepEqual(healthWords(HEALTH, 1_000_000), [
    "3.3 % of a processor",
    "88 MB of memory",
    "2.1 MB on the disk",
    "up for 2 h 1 min",
    "last sign of life 3.0 s ago",
  ]);
  assert.equal(line([0, 2, 1], 100, 10), "0.0,9.0 50.0,1.0 100.0,5.0");
  assert.equal(line([0], 100, 10), "0.0,9.0");
  assert.equal(spanWords([1, 3, 2], memory), "1.0 MB to 3.1 MB".replace("1.0", "1"));
  assert.equal(spanWords([3, 3], memory), "3.1 MB");
  const sample = (at: number): Sample => ({ at, health: HEALTH });
  assert.equal(withSample([sample(1)], sample(1)).length, 1);
  let kept: readonly Sample[] = [];
  for (let at = 0; at < 200; at++) kept = withSample(kept, sample(at));
  assert.deepEqual([kept.length, kept.at(-1)?.at], [120, 199]);
});

test("a log keeps its end", () => {
  const lines = (count: number): LogLine[] =>
    Array.from({ length: count }, (_, at) => ({ timestamp: at, level: "info", message: "" }));
  const kept = grown(lines(LINES), lines(3));
  assert.deepEqual([kept.length, kept[0]?.timestamp, kept.at(-1)?.timestamp], [LINES, 3, 2]);
});

test("what the monitor has found out is a sentence each", () => {
  const words = (more: Partial<Notice>) => noticeWords(notice(more));
  assert.equal(words({ before: "running", now: "paused" }), "mine: paused, and before running.");
  assert.equal(words({ before: "running" }), "mine is gone.");
  assert.equal(words({ now: "error" }), "mine was seen for the first time: does not run.");
  assert.ok(words({ what: "given_up" }).includes("left alone"));
  const place = drawn(
    <Notices
      of={overview({ monitored: true, notices: [notice({ what: "stuck" }), notice({ now: "running" })] })}
    />,
  );
  assert.equal(place.querySelectorAll("ol li").length, 2);
  assert.ok(drawn(<Notices of={overview()} />).textContent?.includes("instances.monitor"));
});

test("while the backend is down the page says what goes on, what does not, and what was there", () => {
  const down = overview({ trouble: "not_reached", instances: [], reason: "failed to list instances" });
  const place = drawn(<Down of={down} known={overview()} asOf={new Date()} />);
  const text = place.textContent ?? "";
  for (const words of [troubleWords(down), "they go on", "asks again by itself", "failed to list", "mine"])
    assert.ok(text.includes(words), words);
  assert.equal(place.querySelectorAll("button").length, 0);
  const refused = drawn(<Down of={{ ...down, trouble: "key_refused" }} known={null} asOf={null} />);
  assert.ok(refused.textContent?.includes("starpod auth login --url https://host.example"));
});

test("nothing is done before it was asked, and leaving it does nothing", async () => {
  const asked: string[] = [];
  const real = globalThis.fetch;
  globalThis.fetch = ((path: string, init: RequestInit) => {
    asked.push(`${init.method} ${path}`);
    return Promise.resolve(new Response(null, { status: 204 }));
  }) as typeof fetch;
  try {
    const said: string[] = [];
    const attempt = async (deed: () => Promise<string>) => {
      said.push(await deed());
      return true;
    };
    const { HTMLDialogElement: dialog } = window;
    dialog.prototype.showModal = function (this: { open: boolean }) {
      this.open = true;
    };
    dialog.prototype.close = function (this: { open: boolean }) {
      this.open = false;
    };
    const place = drawn(<Entry of={instance()} attempt={attempt} />);
    const press = (words: string) => {
      const found = [...place.querySelectorAll("button")].find((each) => each.textContent?.startsWith(words));
      assert.ok(found, words);
      return act(async () => {
        found.click();
        await new Promise((resolve) => setTimeout(resolve, 5));
      });
    };
    await press("Delete");
    await press("Leave it");
    assert.deepEqual(asked, []);
    await press("Delete");
    await press("Delete it for good");
    assert.deepEqual(asked, ["DELETE /api/instances/0123456789abcdef"]);
    assert.deepEqual(said, ["mine is deleted."]);
  } finally {
    globalThis.fetch = real;
  }
});

test("of a new instance only what was said is sent", async () => {
  const bodies: unknown[] = [];
  const real = globalThis.fetch;
  globalThis.fetch = ((_path: string, init: RequestInit) => {
    bodies.push(JSON.parse(String(init.body)));
    return Promise.resolve(new Response(JSON.stringify(instance()), { status: 201 }));
  }) as typeof fetch;
  try {
    await create({ ...EMPTY, name: " one ", agent_id: "g" });
    assert.deepEqual(bodies, [{ name: "one", agent_id: "g" }]);
  } finally {
    globalThis.fetch = real;
  }
});

test("a backend that does not take the agent's key locks nobody out of the page", async () => {
  const real = globalThis.fetch;
  globalThis.fetch = (() =>
    Promise.resolve(
      new Response(JSON.stringify({ error: "failed to pause the instance (401): who?" }), { status: 401 }),
    )) as typeof fetch;
  try {
    locked.value = false;
    await assert.rejects(deedDone("pause", instance()), /failed to pause the instance \(401\): who\?/);
    await assert.rejects(health("a"), /who/);
    assert.equal(locked.value, false);
    await assert.rejects(look(), /who/);
    assert.equal(locked.value, true);
  } finally {
    globalThis.fetch = real;
    locked.value = false;
  }
});

class Wire {
  onmessage: ((event: { data: string }) => void) | null = null;
  onclose: ((event: { code: number }) => void) | null = null;
  closed = false;
  constructor(readonly url: string) {}
  close(): void {
    this.closed = true;
  }
}

function following() {
  const came: number[][] = [];
  const ends: string[] = [];
  const wires: Wire[] = [];
  const leave = follow<{ n: number }>(
    "/api/instances/a/logs",
    (items) => came.push(items.map(({ n }) => n)),
    (why) => ends.push(why),
    (url) => {
      const wire = new Wire(url);
      wires.push(wire);
      return wire as unknown as WebSocket;
    },
  );
  const wire = wires[0];
  assert.ok(wire);
  return { came, ends, wire, leave };
}

test("a stream is handed on in bunches, and its end is said once with its reason", async () => {
  const { came, ends, wire } = following();
  assert.equal(wire.url, "ws://127.0.0.1/api/instances/a/logs");
  for (const n of [1, 2]) wire.onmessage?.({ data: JSON.stringify({ n }) });
  assert.deepEqual(came, []);
  await new Promise((resolve) => setTimeout(resolve, 150));
  assert.deepEqual(came, [[1, 2]]);
  wire.onmessage?.({ data: JSON.stringify({ n: 3 }) });
  wire.onmessage?.({ data: JSON.stringify({ error: "gone" }) });
  wire.onclose?.({ code: 1008 });
  assert.deepEqual([came, ends], [[[1, 2], [3]], ["gone"]]);
});

test("a stream that is left says nothing more, and one that breaks says so", () => {
  const one = following();
  one.leave();
  assert.deepEqual([one.wire.closed, one.wire.onclose, one.ends], [true, null, []]);
  const two = following();
  two.wire.onclose?.({ code: 1006 });
  assert.deepEqual(two.ends, ["The connection broke."]);
});
