import assert from "node:assert/strict";
import { mock, test, type TestContext } from "node:test";
import { delayBefore } from "../src/net/backoff";
import { Socket, type LinkState } from "../src/net/socket";
import type { ServerFrame } from "../src/protocol";

const HELLO = JSON.stringify({ type: "hello", protocol: 1, version: "1", boot_id: "b", agent_name: "Aster" });

/** A WebSocket whose peer is the test. */
class FakeWebSocket {
  readyState = 1;
  onmessage: ((event: { data: string }) => void) | null = null;
  onclose: (() => void) | null = null;
  readonly sent: string[] = [];

  send(data: string): void {
    this.sent.push(data);
  }

  close(): void {
    this.readyState = 3;
  }

  hear(data: string): void {
    this.onmessage?.({ data });
  }
}

function begin(test: TestContext) {
  mock.timers.enable({ apis: ["setTimeout", "Date"] });
  test.after(() => mock.timers.reset());
  const made: FakeWebSocket[] = [];
  const states: LinkState["name"][] = [];
  const frames: ServerFrame[] = [];
  let ups = 0;
  const listener = {
    up: () => (ups += 1),
    frame: (frame: ServerFrame) => frames.push(frame),
    state: (state: LinkState) => states.push(state.name),
  };
  const open = () => {
    const socket = new FakeWebSocket();
    made.push(socket);
    return socket as unknown as WebSocket;
  };
  const socket = new Socket("ws://fake/ws", listener, open, () => 0);
  socket.start();
  const last = () => made.at(-1) ?? assert.fail("no connection was tried");
  return { socket, made, states, frames, last, ups: () => ups };
}

test("waits grow from half a second to half a minute, and never all alike", () => {
  assert.deepEqual(
    [0, 1, 2, 3, 10, 500].map((failures) => delayBefore(failures, 0.999999)).map(Math.round),
    [500, 1000, 2000, 4000, 30_000, 30_000],
  );
  assert.equal(delayBefore(0, 0), 250);
});

test("a connection is ready with hello, and only then takes frames", (context) => {
  const { socket, states, last, ups } = begin(context);
  assert.equal(socket.send({ type: "ping" }), false);
  last().hear(HELLO);
  assert.deepEqual(states, ["connecting", "ready"]);
  assert.equal(ups(), 1);
  assert.equal(socket.send({ type: "ping" }), true);
  assert.deepEqual(last().sent, ['{"type":"ping"}']);
});

test("what cannot be understood is passed over", (context) => {
  const { frames, last } = begin(context);
  last().hear(HELLO);
  for (const data of [
    "{",
    "null",
    "[]",
    '{"type":"later_invention"}',
    '{"type":"text_delta","text":"no number"}',
  ]) {
    last().hear(data);
  }
  last().hear('{"type":"pong"}');
  assert.deepEqual(frames, [{ type: "pong" }]);
});

test("a connection that is lost is tried again, later each time, until it is back", (context) => {
  const { made, states, last } = begin(context);
  last().hear(HELLO);
  last().onclose?.();
  assert.equal(states.at(-1), "waiting");
  mock.timers.tick(249);
  assert.equal(made.length, 1);
  mock.timers.tick(1);
  assert.equal(made.length, 2);
  last().onclose?.();
  mock.timers.tick(499);
  assert.equal(made.length, 2);
  mock.timers.tick(1);
  last().hear(HELLO);
  assert.equal(states.at(-1), "ready");
  last().onclose?.();
  mock.timers.tick(250);
  assert.equal(made.length, 4);
});

test("silence is questioned, and no answer means that the connection is lost", (context) => {
  const { made, states, last } = begin(context);
  last().hear(HELLO);
  mock.timers.tick(20_000);
  assert.deepEqual(last().sent, ['{"type":"ping"}']);
  last().hear('{"type":"pong"}');
  mock.timers.tick(20_000);
  mock.timers.tick(10_000);
  assert.equal(states.at(-1), "waiting");
  assert.equal(made[0]?.readyState, 3);
  mock.timers.tick(250);
  assert.equal(made.length, 2);
});

test("a peer that takes the connection and says nothing is given up", (context) => {
  const { states } = begin(context);
  mock.timers.tick(10_000);
  assert.equal(states.at(-1), "waiting");
});

test("waking tries at once what was to be tried later", (context) => {
  const { socket, made, last } = begin(context);
  last().onclose?.();
  socket.wake();
  assert.equal(made.length, 2);
  mock.timers.tick(5000);
  assert.equal(made.length, 2);
});

test("what an abandoned connection still says is not heard", (context) => {
  const { made, frames, last } = begin(context);
  last().hear(HELLO);
  last().onclose?.();
  made[0]?.hear('{"type":"pong"}');
  assert.deepEqual(frames, []);
});

test("to start again what goes on is to wake it", (context) => {
  const { socket, made, last } = begin(context);
  socket.start();
  assert.equal(made.length, 1);
  last().hear(HELLO);
  socket.start();
  assert.equal(made.length, 1);
  assert.deepEqual(last().sent, ['{"type":"ping"}']);
  socket.stop();
  socket.start();
  assert.equal(made.length, 2);
});

test("after stop there is no further try", (context) => {
  const { socket, made, last } = begin(context);
  last().onclose?.();
  socket.stop();
  mock.timers.tick(120_000);
  assert.equal(made.length, 1);
});
