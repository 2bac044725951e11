import { duration, fine, fixed, Icon, IconButton, n, routeHash, t, toSection } from "@starpod/page";
import { useEffect, useState } from "preact/hooks";
import {
  arcsOf,
  matches,
  ratesOf,
  rowsOf,
  sparkline,
  STATE_WORDS,
  STRIP,
  type Arc,
  type Row,
} from "./picture";
import type { MeshMessage, MeshNode, MeshView } from "./protocol";
import { Mesh as MeshState, PAST } from "./state";

/** For as long as the page is open, so that the past of the actors is there when somebody comes back. */
const mesh = new MeshState();

/** The actors as they are at this moment, what flows between them, and the newest messages. */
export function Mesh() {
  useEffect(() => mesh.poll.watch(), []);
  const view = mesh.poll.value.value;
  const problem = mesh.poll.problem.value;
  return (
    <div class="mesh" role="region" aria-label={t("Mesh")} tabIndex={0}>
      {problem !== null && (
        <p class="notice warning" role="alert">
          <Icon name="alert" />
          {problem.message}
        </p>
      )}
      {view === null ? (
        problem === null && <p class="quiet">{t("Looking…")}</p>
      ) : (
        <>
          <Actors view={view} />
          <Messages messages={view.messages} />
        </>
      )}
    </div>
  );
}

function Actors({ view }: { view: MeshView }) {
  const { rows, height } = rowsOf(view.tree);
  const rates = ratesOf(view.flows);
  const actors = rows.filter(({ node }) => node.kind !== "supervisor");
  const unwell = actors.filter(({ node }) => node.state !== "ready");
  return (
    <section class="actors" aria-labelledby="actors">
      <header>
        <h2 id="actors">{t("Actors")}</h2>
        <p class="quiet">
          {unwell.length === 0
            ? n(actors.length, "{n} actor, ready", "{n} actors, all ready")
            : t("{unwell} of {all} actors not ready", { unwell: unwell.length, all: actors.length })}
          {" · "}
          {mesh.rate.value === 0
            ? t("no messages just now")
            : t("{rate} messages a second", { rate: perSecond(mesh.rate.value) })}
        </p>
      </header>
      {unwell.map(
        ({ node }) =>
          node.why !== null && (
            <p key={node.name} class="notice warning">
              <Icon name="alert" />
              {node.name}: {node.why}
            </p>
          ),
      )}
      <div class="mesh-picture">
        <Arcs rows={rows} height={height} arcs={arcsOf(rows, view.flows)} />
        <ul class="tree">
          <NodeView node={view.tree} rates={rates} />
        </ul>
      </div>
    </section>
  );
}

function perSecond(rate: number): string {
  if (rate === 0) return "0";
  return fixed(rate, rate >= 9.95 ? 0 : 1);
}

/** What flows, drawn as dots that move along arcs from sender to recipient. The tree says the rest in words. */
function Arcs({ rows, height, arcs }: { rows: readonly Row[]; height: number; arcs: readonly Arc[] }) {
  return (
    <svg
      class="arcs"
      viewBox={`0 0 ${STRIP} ${height}`}
      style={{ height: `${height / 16}rem` }}
      aria-hidden="true"
      focusable="false"
    >
      {rows.map(({ node, y }) =>
        node.kind !== "supervisor" ? (
          <circle key={node.name} class="port" cx={STRIP - 6} cy={y} r="2" />
        ) : null,
      )}
      {arcs.map(({ key, path, end, rate, failing }) => (
        <g key={key} class={failing ? "flow failing" : "flow"}>
          <path class="bed" d={path} />
          <path class={rate >= 5 ? "stream busy" : "stream"} d={path} />
          <circle cx={end.x} cy={end.y} r="2.5" />
        </g>
      ))}
    </svg>
  );
}

function NodeView({ node, rates }: { node: MeshNode; rates: ReadonlyMap<string, number> }) {
  if (node.kind !== "supervisor") {
    return (
      <li class="actor">
        <ActorRow node={node} rate={rates.get(node.name) ?? 0} />
      </li>
    );
  }
  return (
    <li class="supervisor">
      <div class="node-line">
        <Name node={node} />
        {node.restarts > 0 && <span class="restarted">{restarts(node.restarts)}</span>}
      </div>
      <ul>
        {node.children.map((child) => (
          <NodeView key={child.name} node={child} rates={rates} />
        ))}
      </ul>
    </li>
  );
}

const restarts = (count: number) => n(count, "{n} restart", "{n} restarts");
const members = (count: number) => n(count, "{n} member", "{n} members");

function Name({ node }: { node: MeshNode }) {
  return (
    <>
      <span class={`state-dot ${node.state}`} aria-hidden="true" />
      <span class="node-name">{node.name}</span>
      {node.members !== null && (
        <span class="quiet members" title={members(node.members)}>
          <span aria-hidden="true">×{node.members}</span>
          <span class="sr-only">{members(node.members)}</span>
        </span>
      )}
      <span class={`state-word ${node.state}`}>{STATE_WORDS[node.state]()}</span>
    </>
  );
}

function ActorRow({ node, rate }: { node: MeshNode; rate: number }) {
  const { depth, limit, in_hand: busy, lost } = node;
  return (
    <>
      <div class="node-line">
        <Name node={node} />
        <span class="node-rate">
          <Past name={node.name} />
          <span class={rate > 0 ? "some" : ""}>
            {perSecond(rate)}
            <span aria-hidden="true">/s</span>
            <span class="sr-only"> {t("messages a second")}</span>
          </span>
        </span>
      </div>
      <div class="node-figures">
        <span class={depth > 0 ? "some" : ""}>
          <Load share={limit > 0 ? depth / limit : 0} />
          {t("{depth} waiting", { depth })}
        </span>
        <span class={busy > 0 ? "some" : ""}>{t("{busy} at work", { busy })}</span>
        <span class={node.restarts > 0 ? "restarted" : ""}>{restarts(node.restarts)}</span>
        {lost > 0 && <span class="restarted">{t("{lost} lost", { lost })}</span>}
      </div>
    </>
  );
}

/** How full a mailbox is. */
function Load({ share }: { share: number }) {
  return (
    <span class="load" aria-hidden="true">
      <span style={{ width: `${Math.min(100, share * 100)}%` }} />
    </span>
  );
}

const PAST_WIDTH = 72;
const PAST_HEIGHT = 18;

/** The last minute of an actor. */
function Past({ name }: { name: string }) {
  const values = mesh.past.value.get(name) ?? [];
  return (
    <svg class="past" viewBox={`0 0 ${PAST_WIDTH} ${PAST_HEIGHT}`} aria-hidden="true" focusable="false">
      <polyline points={sparkline(values, PAST_WIDTH, PAST_HEIGHT, PAST)} />
    </svg>
  );
}

function Messages({ messages }: { messages: readonly MeshMessage[] }) {
  const [filter, setFilter] = useState("");
  /** What is shown while the list stands still. */
  const [held, setHeld] = useState<readonly MeshMessage[] | null>(null);
  const shown = (held ?? messages).filter((message) => matches(message, filter));
  return (
    <section class="passing" aria-labelledby="passing">
      <header>
        <h2 id="passing">{t("Recent messages")}</h2>
        <IconButton
          icon={held === null ? "pause" : "play"}
          label={held === null ? t("Hold the list") : t("Let the list go on")}
          pressed={held !== null}
          onClick={() => setHeld(held === null ? messages : null)}
        />
      </header>
      <div class="search">
        <Icon name="search" />
        <input
          type="search"
          placeholder={t("Filter by type, actor or outcome")}
          aria-label={t("Filter messages by type, actor or outcome")}
          value={filter}
          onInput={(event) => setFilter(event.currentTarget.value)}
        />
      </div>
      {shown.length === 0 ? (
        <p class="quiet">
          {messages.length === 0 ? t("No message in the last ten minutes") : t("No message matches")}
        </p>
      ) : (
        <ol aria-label={t("Messages, newest first")}>
          {shown.map((message) => (
            <MessageRow key={message.id} message={message} age={ageOf(message.age)} />
          ))}
        </ol>
      )}
    </section>
  );
}

function ageOf(seconds: number): string {
  if (seconds < 1) return t("now");
  return seconds < 60 ? `${Math.floor(seconds)} s` : duration(seconds);
}

function MessageRow({ message, age }: { message: MeshMessage; age: string }) {
  const { type, from, to, outcome, took, detail, turn } = message;
  const failed = outcome !== "" && outcome !== "ok";
  return (
    <li class={failed ? "message failed" : "message"}>
      <span class="message-type cut">{type}</span>
      <span class="message-time">{took === null ? "" : fine(took)}</span>
      <span class="message-way cut">
        {from} <span aria-hidden="true">→</span>
        <span class="sr-only">{t("to")}</span> {to}
        {failed && (
          <span class="error" title={detail}>
            {" "}
            {outcome}
          </span>
        )}
      </span>
      <span class="message-age">
        {turn !== null && <a href={routeHash(toSection("mesh", "trace", turn))}>{t("trace")}</a>} {age}
      </span>
    </li>
  );
}
