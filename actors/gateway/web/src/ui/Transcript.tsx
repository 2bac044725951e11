import type { RefObject } from "preact";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { t } from "../language/texts";
import { isNewPlace } from "../state/pending";
import { openSession } from "../state/router";
import { TextButton } from "./buttons";
import { useApp } from "./context";
import { Icon, Star } from "./icons";
import { OutgoingView, WaitingView } from "./Pending";
import { useSought } from "./seek";
import { Sight, SightContext } from "./sight";
import { useStick } from "./stick";
import { TurnView } from "./Turn";

/** One for all time, so that turns are not drawn again for its sake. */
const NO_VERSIONS: readonly string[] = [];

/** How far above what is in view earlier messages are read. */
const AHEAD = "4000px 0px 0px";

/** Turns at the end that are drawn before it is known which are in view. */
const RECENT = 8;

/** The open conversation from its first message to those still on their way. */
export function Transcript() {
  const app = useApp();
  const scroller = useRef<HTMLDivElement>(null);
  const content = useRef<HTMLDivElement>(null);
  const [sight] = useState(() => new Sight(() => scroller.current));
  const { near, toEnd } = useStick(scroller, content);
  useSought();
  const { turns, waiting: all } = app.open.transcript.value;
  const { figures } = app.open.conversation.value;
  const session = openSession.value;
  const outgoing = app.open.pending.value;
  const own = new Set(
    outgoing.flatMap((entry) => (entry.turnId === null ? [entry.id] : [entry.id, entry.turnId])),
  );
  const waiting = all.filter((other) => !own.has(other.turnId) && !own.has(other.clientMessageId ?? ""));
  const blocked = outgoing[0]?.state === "refused" && isNewPlace(outgoing[0].place);
  const unread = app.open.conversation.value.rows === null && session !== null && turns.length === 0;

  useSteady(scroller, session, app.open.conversation.value.rows?.[0]?.id ?? null);
  useEffect(() => app.conversations.lookedAt(near), [near, app.open.place.value]);
  useLayoutEffect(() => toEnd(), [app.open.place.value, unread]);
  useEffect(() => {
    if (outgoing.length > 0) toEnd();
  }, [outgoing.length]);

  return (
    <div class="transcript">
      <div ref={scroller} class="scroller" role="region" aria-label={t("Conversation")} tabIndex={0}>
        <div ref={content} class="column">
          <Older scroller={scroller} near={near} />
          <SightContext.Provider value={sight}>
            {turns.map((turn, index) => (
              <TurnView
                key={turn.id}
                turn={turn}
                versions={figures.get(turn.id)?.versions ?? NO_VERSIONS}
                recent={index >= turns.length - RECENT}
              />
            ))}
          </SightContext.Provider>
          {outgoing.map((entry) => (
            <OutgoingView key={entry.id} entry={entry} held={entry !== outgoing[0] && blocked} />
          ))}
          {waiting.map((other) => (
            <WaitingView key={other.turnId} waiting={other} />
          ))}
          {turns.length + outgoing.length + waiting.length === 0 && <Nothing />}
        </div>
      </div>
      {!near && (
        <button type="button" class="jump" onClick={() => toEnd(true)}>
          <Icon name="down" />
          {app.open.running.value ? t("Follow the answer") : t("To the end")}
        </button>
      )}
    </div>
  );
}

/** What is in view stays in view when earlier messages come above it. */
function useSteady(
  scroller: RefObject<HTMLElement | null>,
  session: string | null,
  first: number | null,
): void {
  const before = useRef({ session, first });
  const box = scroller.current;
  const { current } = before;
  const older =
    first !== null && current.first !== null && session === current.session && first < current.first;
  // While it is being drawn the page still shows what it showed before.
  const below = older && box !== null ? box.scrollHeight - box.scrollTop : null;
  useLayoutEffect(() => {
    before.current = { session, first };
    if (below !== null && box !== null) box.scrollTop = box.scrollHeight - below;
  }, [session, first]);
}

function Older({ scroller, near }: { scroller: RefObject<HTMLElement | null>; near: boolean }) {
  const app = useApp();
  const session = openSession.value;
  const mark = useRef<HTMLParagraphElement>(null);
  const { more, rows } = app.open.conversation.value;
  const read = async () => {
    if (session !== null) await app.conversations.readOlder(session);
  };
  useEffect(() => {
    // Who is at the end is not on the way up.
    if (mark.current === null || near) return;
    const watch = new IntersectionObserver(
      ([entry]) => {
        if (entry?.isIntersecting === true) void read();
      },
      { root: scroller.current, rootMargin: AHEAD },
    );
    watch.observe(mark.current);
    return () => watch.disconnect();
  }, [session, rows, near]);
  if (session === null || !more) return null;
  return (
    <p class="older" ref={mark}>
      {app.conversations.place(session).loadingOlder.value ? (
        t("Reading earlier messages…")
      ) : (
        <TextButton onClick={() => void read()}>{t("Show earlier messages")}</TextButton>
      )}
    </p>
  );
}

/** What is shown where there are no messages: why, or how to begin. */
function Nothing() {
  const app = useApp();
  const session = openSession.value;
  const problem = app.open.problem.value;
  if (session === null) return <Welcome />;
  if (problem !== null) {
    return (
      <div class="nothing" role="alert">
        <h2>
          {problem.missing ? t("There is no such conversation") : t("The conversation could not be read")}
        </h2>
        {!problem.missing && <p>{problem.text}</p>}
        {problem.missing ? (
          <TextButton onClick={() => app.open.startFresh()}>{t("Start a new one")}</TextButton>
        ) : (
          <TextButton onClick={() => void app.conversations.read(session)}>{t("Try again")}</TextButton>
        )}
      </div>
    );
  }
  return app.open.conversation.value.rows === null ? (
    <Skeleton />
  ) : (
    <p class="nothing">{t("No messages yet")}</p>
  );
}

function Skeleton() {
  return (
    <div class="skeleton" aria-label={t("Reading the conversation")} role="status">
      <div />
      <div />
      <div />
    </div>
  );
}

function Welcome() {
  const app = useApp();
  const { agent_name, greeting, prompts } = app.daemon.config.value;
  return (
    <div class="welcome">
      <Star />
      <h2>{greeting ?? t("What can {agent} do for you?", { agent: agent_name })}</h2>
      {prompts.length > 0 && (
        <ul aria-label={t("Suggestions")}>
          {prompts.map((prompt) => (
            <li key={prompt}>
              <button type="button" onClick={() => app.say(prompt, [])}>
                {prompt}
              </button>
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}
