import {
  bytes,
  clock,
  cost,
  count,
  duration,
  fine,
  Icon,
  routeHash,
  t,
  toSection,
  toSession,
  useApp,
  used,
  useNow,
} from "@starpod/page";
import { useEffect, useMemo } from "preact/hooks";
import type { Trace as TraceValue } from "./protocol";
import { traceOf } from "./state";
import { axisOf, hopBars, isAtEnd, passedSince, position, stepBars, type Axis, type Bar } from "./waterfall";

/** One turn as a waterfall: its steps with times, tokens and costs, and the messages that carried it. */
export function Trace({ turn }: { turn: string }) {
  const poll = useMemo(() => traceOf(turn), [turn]);
  useEffect(() => poll.watch(), [poll]);
  const trace = poll.value.value;
  const problem = poll.problem.value;
  // The daemon tells when a conversation begins or ends to run; what lies between is asked for.
  const session = useApp().sessions.get(trace?.session_id ?? "");
  useEffect(() => void poll.look(), [poll, session]);
  return (
    <div class="trace" role="region" aria-label={t("Trace")} tabIndex={0}>
      <nav aria-label={t("Where this trace belongs")}>
        <a href={routeHash(toSection("mesh"))}>{t("Mesh")}</a>
        {trace !== null && <a href={routeHash(toSession(trace.session_id))}>{t("Conversation")}</a>}
      </nav>
      {problem !== null && (
        <p class="notice warning" role="alert">
          <Icon name="alert" />
          {problem.status === 404 ? t("There is no such turn.") : problem.message}
        </p>
      )}
      {trace === null ? (
        problem === null && <p class="quiet">{t("Reading…")}</p>
      ) : (
        <Waterfall trace={trace} />
      )}
    </div>
  );
}

function Waterfall({ trace }: { trace: TraceValue }) {
  const running = trace.turn.state === "running" || trace.turn.state === "accepted";
  const now = passedSince(trace, useNow(running));
  const steps = stepBars(trace.steps);
  const hops = hopBars(trace.messages);
  const axis = axisOf([...steps, ...hops], now);
  return (
    <>
      <Sums trace={trace} running={running} />
      <section aria-labelledby="steps">
        <h2 id="steps">{t("Steps")}</h2>
        {steps.length === 0 ? (
          <p class="quiet">{t("Nothing is stored yet.")}</p>
        ) : (
          <Bars bars={steps} axis={axis} now={now} />
        )}
      </section>
      {trace.told.length > 0 && (
        <section aria-labelledby="told">
          <h2 id="told">{t("Told")}</h2>
          <p class="quiet">{trace.told.map(({ source, size }) => `${source} ${bytes(size)}`).join(" · ")}</p>
        </section>
      )}
      <section aria-labelledby="hops">
        <h2 id="hops">{t("Messages on the bus")}</h2>
        {hops.length === 0 ? (
          <p class="quiet">{t("The flight recorder no longer holds the messages of this turn.")}</p>
        ) : (
          <Bars bars={hops} axis={axis} now={now} />
        )}
      </section>
    </>
  );
}

const OUTCOMES: Readonly<Record<string, () => string>> = {
  success: () => t("answered"),
  refusal: () => t("refused by the model"),
  content_filter: () => t("withheld by the provider"),
  max_tokens: () => t("cut at its limit"),
  pause_turn: () => t("paused without an end"),
  empty: () => t("answered with nothing"),
  loop: () => t("stopped, as it went round in circles"),
  max_turns: () => t("stopped at the limit of rounds"),
  deadline: () => t("stopped when its time was over"),
  budget: () => t("stopped at what it may cost"),
  error: () => t("failed"),
  cancelled: () => t("stopped"),
  parked: () => t("put aside"),
};

function Sums({ trace: { turn }, running }: { trace: TraceValue; running: boolean }) {
  const { inputTokens, outputTokens, cacheReadTokens: cached, costUsd, model } = used(turn.usage);
  const sums: [string, string | null][] = [
    [t("Outcome"), running ? t("at work") : (OUTCOMES[turn.outcome ?? ""]?.() ?? turn.state)],
    [t("Accepted"), clock(new Date(turn.accepted_at))],
    [t("Took"), turn.elapsed === null ? null : duration(turn.elapsed)],
    [
      t("Input"),
      cached > 0
        ? t("{count} tokens, {cached} cached", { count: count(inputTokens), cached: count(cached) })
        : t("{count} tokens", { count: count(inputTokens) }),
    ],
    [t("Output"), t("{count} tokens", { count: count(outputTokens) })],
    [t("Cost"), costUsd === null ? null : cost(costUsd)],
    [t("Tool rounds"), turn.num_turns > 0 ? String(turn.num_turns) : null],
    [t("Model"), model],
  ];
  return (
    <dl class="sums">
      {sums.map(
        ([name, value]) =>
          value !== null && (
            <div key={name}>
              <dt>{name}</dt>
              <dd>{value}</dd>
            </div>
          ),
      )}
    </dl>
  );
}

function Bars({ bars, axis, now }: { bars: readonly Bar[]; axis: Axis; now: number }) {
  return (
    <div class="waterfall">
      <div class="axis" aria-hidden="true">
        {axis.ticks.map((tick) => (
          <span
            key={tick}
            class={isAtEnd(axis, tick) ? "at-end" : ""}
            style={{ left: `${position(axis, tick)}%` }}
          >
            {tick === 0 ? "0" : duration(tick)}
          </span>
        ))}
      </div>
      <ol>
        {bars.map((bar) => (
          <BarRow key={bar.key} bar={bar} axis={axis} now={now} />
        ))}
      </ol>
    </div>
  );
}

function BarRow({ bar, axis, now }: { bar: Bar; axis: Axis; now: number }) {
  const left = position(axis, bar.start);
  const right = position(axis, bar.end ?? now);
  const busy = position(axis, bar.busy);
  return (
    <li class={`bar-row tone-${bar.tone}`}>
      <span class={`bar-label cut depth-${bar.depth}`} title={bar.label}>
        {bar.label}
      </span>
      <span class="bar-figures cut">{bar.figures.join(" · ")}</span>
      <span class="bar-time">
        <span class="sr-only">
          {t("begins after {time}, takes", { time: fine(Math.max(0, bar.start)) })}{" "}
        </span>
        {bar.end === null ? t("at work") : fine(bar.end - bar.start)}
      </span>
      <span class="bar-field" aria-hidden="true">
        {axis.ticks.map((tick) => (
          <i key={tick} style={{ left: `${position(axis, tick)}%` }} />
        ))}
        <span class="bar waits" style={{ left: `${left}%`, width: `${busy - left}%` }} />
        <span
          class={bar.end === null ? "bar lasting" : "bar"}
          style={{ left: `${busy}%`, width: `${right - busy}%` }}
        />
      </span>
    </li>
  );
}
