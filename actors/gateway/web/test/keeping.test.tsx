import { window } from "./dom";
import assert from "node:assert/strict";
import { test } from "node:test";
import { render } from "preact";
import { act } from "preact/test-utils";
import type { Api, Listing } from "../src/net/api";
import { ApiError } from "../src/net/api";
import type { Hit, Session } from "../src/protocol";
import { SessionList } from "../src/state/sessions";
import { dismiss, toasts } from "../src/state/toasts";
import { Menu } from "../src/ui/Menu";
import { rangesOf } from "../src/ui/seek";

function session(id: string, more: Partial<Session> = {}): Session {
  return {
    id,
    title: id,
    summary: null,
    last_message_at: `2026-03-01T00:00:0${id.length}Z`,
    is_read: true,
    is_archived: false,
    pinned: false,
    labels: [],
    running: false,
    delegated_by: null,
    ...more,
  } as unknown as Session;
}

/** A gateway with these conversations, and what it was asked to do. */
function gateway(all: readonly Session[], hits: readonly Hit[] = []) {
  const done: string[] = [];
  const api = {
    sessions: ({ pinned, label, archived = false }: Listing) =>
      Promise.resolve(
        all.filter(
          (each) =>
            (pinned === undefined || each.pinned) &&
            (label == null || each.labels.includes(label)) &&
            each.is_archived === archived,
        ),
      ),
    labels: () => Promise.resolve([{ name: "work", count: 1 }]),
    find: () => Promise.resolve(hits),
    cancel: (id: string) => Promise.resolve(done.push(`cancel ${id}`)),
    remove: (id: string) => Promise.resolve(done.push(`remove ${id}`)),
    restore: (id: string) => {
      done.push(`restore ${id}`);
      return Promise.resolve(session(id));
    },
    archive: (id: string, archived: boolean) => Promise.resolve(done.push(`archive ${id} ${archived}`)),
    pin: () => Promise.reject(new ApiError("The disk is full.", 507)),
    label: (id: string, labels: readonly string[]) => Promise.resolve(session(id, { labels: [...labels] })),
  } as unknown as Api;
  return { list: new SessionList(api), done };
}

const ids = (sessions: readonly Session[]) => sessions.map(({ id }) => id);
const settled = () => new Promise((resolve) => setTimeout(resolve, 5));

function emptyToasts(): void {
  for (const { id } of toasts.value) dismiss(id);
}

test("pinned conversations stand apart, labels narrow the list, and what was put aside is on a list of its own", async () => {
  const { list } = gateway([
    session("a", { pinned: true }),
    session("bb", { labels: ["work"] }),
    session("ccc", { is_archived: true, is_read: false }),
  ]);
  await list.refresh();
  assert.deepEqual([ids(list.pinned.value), ids(list.rest.value), list.unread.value], [["a"], ["bb"], 0]);
  list.narrow("work");
  await settled();
  assert.deepEqual([ids(list.pinned.value), ids(list.rest.value)], [[], ["bb"]]);
  list.narrow(null, true);
  await settled();
  assert.deepEqual(ids(list.shown.value), ["ccc"]);
});

test("a conversation is stopped and deleted, and comes back as long as that is offered", async () => {
  emptyToasts();
  const { list, done } = gateway([session("a", { running: true })]);
  await list.refresh();
  const [first] = list.all.value;
  assert.ok(first !== undefined && (await list.remove(first, "A")));
  assert.deepEqual([ids(list.all.value), done], [[], ["cancel a", "remove a"]]);
  toasts.value[0]?.action?.act();
  await settled();
  assert.deepEqual([ids(list.all.value), done.at(-1), toasts.value], [["a"], "restore a", []]);
});

test("a conversation that is put aside leaves the list, and what failed is told", async () => {
  emptyToasts();
  const { list, done } = gateway([session("a")]);
  await list.refresh();
  await list.archive(session("a"), true);
  assert.deepEqual([ids(list.all.value), done], [[], ["archive a true"]]);
  await list.pin(session("a"), true);
  assert.deepEqual(
    toasts.value.map(({ text }) => text),
    ["Not pinned. The disk is full."],
  );
  emptyToasts();
});

test("a search finds messages besides titles, and ends with its words", async () => {
  const hit = { session: session("far"), turn: "t1", role: "user", at: "", excerpt: ["", "cat", ""] };
  const { list } = gateway([session("a")], [hit as unknown as Hit]);
  list.query.value = "cat";
  await list.refresh();
  assert.equal(list.hits.value?.[0]?.turn, "t1");
  assert.equal(list.get("far")?.id, "far");
  list.query.value = "";
  await list.refresh();
  assert.equal(list.hits.value, null);
});

test("words of a search are marked where they stand, the last one by its beginning", () => {
  const place = document.createElement("div");
  place.append("Über den ", "GÄRTEN und uber Gartenzwerge");
  const found = rangesOf(place, "über gart").map((range) => range.toString());
  assert.deepEqual(found, ["Über", "GÄRTEN", "uber", "Gartenzwerge"]);
  assert.deepEqual(rangesOf(place, " … "), []);
});

test("a menu is walked with keys, and gives the focus back", async () => {
  const root = document.createElement("div");
  document.body.append(root);
  const done: string[] = [];
  const item = (label: string) => ({ label, act: () => void done.push(label) });
  await act(() => render(<Menu label="More" items={() => [item("Rename"), false, item("Delete")]} />, root));
  const button = root.querySelector("button");
  assert.ok(button !== null);
  await act(() => button.click());
  const press = (key: string) =>
    act(() => {
      document.activeElement?.dispatchEvent(new window.KeyboardEvent("keydown", { key, bubbles: true }));
    });
  assert.equal(document.activeElement?.textContent, "Rename");
  await press("ArrowUp");
  assert.equal(document.activeElement?.textContent, "Delete");
  await press("r");
  assert.equal(document.activeElement?.textContent, "Rename");
  await press("Escape");
  assert.deepEqual([root.querySelector("ul"), document.activeElement === button], [null, true]);
  await act(() => button.click());
  await press("End");
  await act(() => (document.activeElement as HTMLElement).click());
  assert.deepEqual([done, root.querySelector("ul")], [["Delete"], null]);
  render(null, root);
});

test("what was read is not put over what was pushed since it was asked for", async () => {
  const answers: ((found: Session | readonly Session[]) => void)[] = [];
  const later = () => new Promise((resolve) => answers.push(resolve as (typeof answers)[number]));
  const none = () => Promise.resolve([]);
  const list = new SessionList({ session: later, labels: none, sessions: later } as unknown as Api);
  const states = () => list.all.value.map(({ id, running }) => [id, running]);

  const one = list.readOne("a");
  const all = list.refresh();
  list.takePushed([session("a", { running: false })], ["gone"]);
  const old = [session("a", { running: true }), session("gone"), session("bbb")];
  const [first, ...others] = answers.splice(0);
  first?.(session("a", { running: true }));
  for (const answer of others) answer(old);
  await Promise.all([one, all]);
  assert.deepEqual(states(), [
    ["bbb", false],
    ["a", false],
  ]);

  const again = list.readOne("a");
  answers[0]?.(session("a", { running: true }));
  await again;
  assert.deepEqual(states().at(-1), ["a", true]);
});
