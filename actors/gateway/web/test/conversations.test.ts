import assert from "node:assert/strict";
import { test } from "node:test";
import { transcript } from "../src/conversation/transcript";
import { ApiError, type Api } from "../src/net/api";
import type { ClientFrame, Message } from "../src/protocol";
import { Conversations } from "../src/state/conversations";
import { end, figures, numbered, path, row, SESSION, start } from "./events";

type Answer = (rows: Message[] | ApiError) => void;

function begin() {
  const answers: Answer[] = [];
  const sent: ClientFrame[] = [];
  const messages = () =>
    new Promise<Message[]>((resolve, reject) => {
      answers.push((rows) => (rows instanceof ApiError ? reject(rows) : resolve(rows)));
    });
  const send = (frame: ClientFrame) => sent.push(frame) > 0;
  const asked: string[][] = [];
  const turns = (...range: string[]) => {
    asked.push(range);
    return Promise.resolve([figures({ turn_id: range[1] ?? "" })]);
  };
  const conversations = new Conversations({ messages, turns } as unknown as Api, send, () => {});
  const texts = () => conversations.place(SESSION).conversation.value.rows?.map((one) => one.content);
  return { conversations, answers, asked, sent, texts };
}

const backlog = {
  type: "backlog",
  session_id: SESSION,
  complete: true,
  last_seq: 7,
  running_turn_id: null,
} as const;
const settled = () => new Promise((resolve) => setImmediate(resolve));

test("messages that were asked for before the connection was up are read again when it is", async (context) => {
  context.mock.timers.enable({ apis: ["setTimeout"] });
  const { conversations, answers, sent, texts } = begin();
  conversations.open(SESSION);
  context.mock.timers.tick(700);
  assert.equal(answers.length, 1);
  conversations.up();
  assert.deepEqual(sent, [{ type: "resume", session_id: SESSION, after_seq: null }]);
  conversations.backlog(backlog);
  answers[0]?.([row("user", "early")]);
  await settled();
  assert.equal(answers.length, 2);
  answers[1]?.([row("user", "early"), row("assistant", "in between")]);
  await settled();
  assert.deepEqual(texts(), ["early", "in between"]);
  assert.equal(answers.length, 2);
});

test("the figures of all turns that were read are asked for at once", async () => {
  const { conversations, answers, asked } = begin();
  conversations.up();
  conversations.open(SESSION);
  conversations.backlog(backlog);
  answers[0]?.([row("user", "one"), row("assistant", "1"), row("user", "two", "t2")]);
  await settled();
  assert.deepEqual(asked, [[SESSION, "t1", "t2"]]);
  assert.equal(conversations.place(SESSION).conversation.value.figures.get("t1")?.usage.output_tokens, 7);
});

test("with a connection, messages are read once, when the backlog has come", async () => {
  const { conversations, answers, texts } = begin();
  conversations.up();
  conversations.open(SESSION);
  assert.equal(answers.length, 0);
  conversations.backlog(backlog);
  answers[0]?.([row("user", "hello")]);
  await settled();
  assert.deepEqual(texts(), ["hello"]);
});

test("a conversation that was open before is resumed from the last number, without reading it again", async () => {
  const { conversations, answers, sent } = begin();
  conversations.up();
  conversations.open(SESSION);
  conversations.backlog(backlog);
  answers[0]?.([row("user", "hello")]);
  await settled();
  conversations.open(null);
  conversations.open(SESSION);
  conversations.backlog(backlog);
  assert.deepEqual(sent.slice(1), [
    { type: "unfollow", session_id: SESSION },
    { type: "resume", session_id: SESSION, after_seq: 7 },
  ]);
  assert.equal(answers.length, 1);
});

test("messages are read again when another path was chosen", async () => {
  const { conversations, answers, texts } = begin();
  conversations.up();
  conversations.open(SESSION);
  conversations.backlog(backlog);
  answers[0]?.([row("user", "one"), row("user", "two", "t2")]);
  await settled();
  for (const event of numbered([path("t1", "t3"), start("due", { turn_id: "t3" })], 8))
    conversations.event(event, 0);
  assert.deepEqual(texts(), ["one"]);
  answers[1]?.([row("user", "one"), row("user", "due", "t3")]);
  await settled();
  assert.deepEqual(texts(), ["one", "due"]);
});

test("what keeps messages from being read is told, and gone once they are", async () => {
  const { conversations, answers } = begin();
  const { problem } = conversations.place(SESSION);
  conversations.up();
  conversations.open(SESSION);
  conversations.backlog(backlog);
  answers[0]?.(new ApiError("the disk is full", 503));
  await settled();
  assert.deepEqual(problem.value, { text: "the disk is full", missing: false });
  void conversations.read(SESSION);
  answers[1]?.([]);
  await settled();
  assert.equal(problem.value, null);
});

test("a dozen conversations stay in memory, and none that is open or followed is let go", () => {
  const { conversations } = begin();
  conversations.up();
  conversations.open("open");
  const before = conversations.place("open");
  for (let index = 0; index < 30; index += 1) conversations.place(`other ${index}`);
  const first = conversations.place("other 0");
  conversations.open("open");
  assert.equal(conversations.place("open"), before);
  assert.equal(conversations.place("other 0"), first);
  conversations.open(null);
  for (let index = 1; index < 30; index += 1) conversations.place(`other ${index}`);
  conversations.open("another");
  assert.notEqual(conversations.place("other 0"), first);
});

/** Lets a turn begin and end, and returns its stored messages. */
function turn(conversations: Conversations, number: number): Message[] {
  const [id, text] = [`t${number}`, `message ${number}`];
  for (const event of numbered([start(text, { turn_id: id }), end({ turn_id: id })], 2 * number + 8))
    conversations.event(event, 0);
  return [row("user", text, id), row("assistant", `answer ${number}`, id)];
}

async function longConversation() {
  const begun = begin();
  begun.conversations.up();
  begun.conversations.open(SESSION);
  begun.conversations.backlog(backlog);
  begun.answers[0]?.([]);
  await settled();
  const rows = Array.from({ length: 30 }, (_, number) => turn(begun.conversations, number)).flat();
  const { conversation } = begun.conversations.place(SESSION);
  const prompts = () => transcript(conversation.value).turns.map((one) => one.prompt?.text);
  return { ...begun, conversation, rows, prompts };
}

test("what events told of many turns makes room for the stored messages, and looks the same", async () => {
  const { conversations, conversation, answers, rows, prompts } = await longConversation();
  assert.equal(answers.length, 1);
  rows.push(...turn(conversations, 30));
  assert.equal(answers.length, 2);
  const before = prompts();
  for (const event of numbered([start("running", { turn_id: "t31" })], 90)) conversations.event(event, 0);
  answers[1]?.([...rows, row("user", "running", "t31")]);
  await settled();
  assert.deepEqual(prompts(), [...before, "running"]);
  assert.deepEqual(
    conversation.value.live.map((one) => one.id),
    ["t31"],
  );
});

test("a turn that ended after the messages were asked for is kept as events told it", async () => {
  const { conversations, conversation, answers, rows } = await longConversation();
  rows.push(...turn(conversations, 30));
  turn(conversations, 31);
  answers[1]?.(rows);
  await settled();
  assert.deepEqual(
    conversation.value.live.map((one) => one.id),
    ["t31"],
  );
});

test("nothing is taken away above somebody who reads further up", async () => {
  const { conversations, answers } = await longConversation();
  conversations.lookedAt(false);
  turn(conversations, 30);
  assert.equal(answers.length, 1);
  conversations.lookedAt(true);
  assert.equal(answers.length, 2);
  answers[1]?.([]);
  await settled();
});
