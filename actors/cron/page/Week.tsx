import { clock, Icon, jobName, n, t, tag, useNow } from "@starpod/page";
import { useEffect, useRef, useState } from "preact/hooks";
import { calendar, isOpen, isOwn, ownerOf, placeOf, PLANNED, restUntil, showsOwn, weekPlace } from "./state";
import { OwnJobs } from "./Jobs";
import { useWatched } from "./watched";
import { dayOf, daysLater, daysOf, mondayOf, moved, nameOf, stopOf, type Day, type Item } from "./days";
import { lookOf, STATES } from "./words";

/** Seven days: what ran on them, and what will. */
export function Week({ day }: { day: string | undefined }) {
  const now = new Date(useNow(true, 10_000));
  const monday = mondayOf(dayOf(day) ?? now);
  const { found, present, problem } = useWatched(
    () => calendar(Array.from({ length: 8 }, (_, index) => daysLater(monday, index))),
    (entries) =>
      restUntil(
        entries.some(isOpen),
        entries.filter(({ state }) => state === "planned").map(({ instant }) => instant),
        Date.now(),
      ),
    [nameOf(monday)],
  );
  const days = daysOf(monday, found?.filter(({ name }) => showsOwn.value || !isOwn(name)) ?? []);

  return (
    <div class="week">
      <header>
        <h2 aria-live="polite">{spanOf(monday)}</h2>
        <nav class="buttons" aria-label={t("Weeks")}>
          <a href={weekPlace(nameOf(daysLater(monday, -7)))}>{t("Previous week")}</a>
          <a href={weekPlace()}>{t("Today")}</a>
          <a href={weekPlace(nameOf(daysLater(monday, 7)))}>{t("Next week")}</a>
        </nav>
      </header>
      {problem !== null && (
        <p class="notice warning" role="alert">
          <Icon name="alert" />
          {problem.message}
        </p>
      )}
      <Days days={days} monday={monday} now={now} read={present} />
      <OwnJobs />
      <p class="legend quiet" aria-hidden="true">
        {STATES.map((state) => (
          <span key={state} class={`run-state ${lookOf(state).tone}`}>
            <Icon name={lookOf(state).icon} />
            {lookOf(state).word()}
          </span>
        ))}
      </p>
      <p class="sr-only" role="status">
        {present
          ? n(
              days.reduce((sum, { items }) => sum + items.length, 0),
              "{n} entry in this week",
              "{n} entries in this week",
            )
          : ""}
      </p>
    </div>
  );
}

function spanOf(monday: Date): string {
  const format = new Intl.DateTimeFormat(tag(), { day: "numeric", month: "long", year: "numeric" });
  return format.formatRange(monday, daysLater(monday, 6));
}

interface DaysProps {
  readonly days: readonly Day[];
  readonly monday: Date;
  readonly now: Date;
  /** Whether the days are known. */
  readonly read: boolean;
}

/** One tab stop; arrows lead from run to run, and to other weeks with Page Up and Page Down. */
function Days({ days, monday, now, read }: DaysProps) {
  const [had, setHad] = useState<string | null>(null);
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (read) box.current?.querySelector("[aria-current]")?.scrollIntoView({ block: "nearest" });
  }, [read, nameOf(monday)]);
  const stop = stopOf(days, had, now);
  const press = (event: KeyboardEvent) => {
    const pages = { PageUp: -7, PageDown: 7 }[event.key];
    if (pages !== undefined) location.hash = weekPlace(nameOf(daysLater(monday, pages)));
    const to = pages === undefined && stop !== null ? moved(days, stop, event.key) : null;
    if (pages === undefined && to === null) return;
    event.preventDefault();
    if (to !== null) box.current?.querySelector<HTMLElement>(`[data-key="${CSS.escape(to)}"]`)?.focus();
  };
  return (
    <div
      ref={box}
      class="week-days"
      role="group"
      aria-label={t("Runs; arrow keys lead from one to another, Page Up and Page Down to other weeks")}
      onKeyDown={press}
    >
      {days.map((day) => (
        <DayColumn
          key={nameOf(day.start)}
          day={day}
          today={nameOf(day.start) === nameOf(now)}
          read={read}
          stop={stop}
          onStop={setHad}
        />
      ))}
    </div>
  );
}

interface DayProps {
  readonly day: Day;
  readonly today: boolean;
  readonly read: boolean;
  readonly stop: string | null;
  readonly onStop: (key: string) => void;
}

function DayColumn({ day: { start, items }, today, read, stop, onStop }: DayProps) {
  const title = start.toLocaleDateString(tag(), { weekday: "short", day: "numeric" });
  const whole = start.toLocaleDateString(tag(), { weekday: "long", day: "numeric", month: "long" });
  return (
    <div class="week-day" role="group" aria-label={whole} aria-current={today ? "date" : undefined}>
      <h3 aria-hidden="true">
        {title}
        {today && <small> {t("today")}</small>}
      </h3>
      {items.length === 0 ? (
        <p class="quiet">{read ? t("Nothing") : " "}</p>
      ) : (
        <ol>
          {items.map((item) => (
            <li key={item.key}>
              <ItemLink item={item} stop={item.key === stop} onStop={onStop} />
            </li>
          ))}
        </ol>
      )}
    </div>
  );
}

/** There may be more than are told. */
const countOf = ([state, count]: Item["states"][number]) =>
  `${count}${state === "planned" && count >= PLANNED ? t(" or more") : ""} ${lookOf(state).word()}`;

function ItemLink({ item, stop, onStop }: { item: Item; stop: boolean; onStop: (key: string) => void }) {
  const { icon, tone, word } = lookOf(item.state);
  const counts = item.states.map(countOf).join(", ");
  const owner = ownerOf({ user_id: item.owner });
  const title = [counts, item.why, owner === "" ? "" : t("of {name}", { name: owner })].filter(
    (text) => text !== "",
  );
  return (
    <a
      class={`week-item ${tone}`}
      href={placeOf(item.job, item.instant)}
      data-key={item.key}
      tabIndex={stop ? 0 : -1}
      title={title.join(" · ")}
      onFocus={() => onStop(item.key)}
    >
      <span class="week-time">
        <Icon name={icon} />
        {clock(item.first)}
        {item.count > 1 && `–${clock(item.last)}`}
      </span>
      <span class="week-name">{jobName(item.name)}</span>
      {item.count > 1 ? (
        <small>{counts}</small>
      ) : (
        <small class={item.state === "planned" ? "sr-only" : undefined}>{word()}</small>
      )}
    </a>
  );
}
