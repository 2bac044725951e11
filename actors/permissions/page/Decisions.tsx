import {
  Outcome,
  routeHash,
  t,
  tag,
  TextButton,
  toSession,
  useApp,
  useAttempts,
  visible,
  when,
} from "@starpod/page";
import { useEffect, useState } from "preact/hooks";
import type { AuditRow } from "./protocol";
import { aboutRow, decisions, ROWS, shows, verdictOf, whoDecided, type Filter } from "./state";

const VERDICTS: readonly (readonly [Filter["verdict"], () => string])[] = [
  ["all", () => t("Everything")],
  ["asked", () => t("What you were asked")],
  ["denied", () => t("What was not done")],
];

/** What was decided about the calls of one's own conversations, newest first. */
export function Decisions() {
  const { approvals } = useApp();
  const [found, setFound] = useState<readonly AuditRow[]>([]);
  const [limit, setLimit] = useState(ROWS);
  const [filter, setFilter] = useState<Filter>({ tool: "", verdict: "all" });
  const attempts = useAttempts();
  useEffect(() => {
    void attempts.attempt(async () => {
      setFound(await decisions(filter.tool, limit));
      return "";
    });
  }, [filter.tool, limit, approvals.waiting.value.length]);
  const rows = found.filter((row) => shows(filter, row));
  return (
    <section aria-labelledby="decisions">
      <h2 id="decisions">{t("Decisions")}</h2>
      <p class="quiet">
        {t("The last ones about calls of yours. The log is sealed: nothing in it is ever changed.")}
      </p>
      <div class="filter" role="search" aria-label={t("Decisions")}>
        <label>
          {t("Show")}
          <select
            value={filter.verdict}
            onChange={({ currentTarget: { value } }) =>
              setFilter({ ...filter, verdict: value as Filter["verdict"] })
            }
          >
            {VERDICTS.map(([value, words]) => (
              <option key={value} value={value}>
                {words()}
              </option>
            ))}
          </select>
        </label>
        <label>
          {t("Tool")}
          <input
            type="search"
            placeholder={t("Any, or its whole name")}
            value={filter.tool}
            onChange={({ currentTarget: { value } }) => setFilter({ ...filter, tool: value.trim() })}
          />
        </label>
      </div>
      <Outcome of={attempts} />
      {rows.length === 0 && <p>{t("Nothing.")}</p>}
      <ol class="decisions" aria-label={t("Decisions, newest first")}>
        {rows.map((row) => (
          <Row key={row.seq} row={row} />
        ))}
      </ol>
      {found.length === limit && (
        <TextButton onClick={() => setLimit(limit + ROWS)}>{t("Show more")}</TextButton>
      )}
    </section>
  );
}

function Row({ row }: { row: AuditRow }) {
  const at = new Date(row.at);
  return (
    <li class={row.verdict}>
      <time class="quiet" dateTime={row.at} title={at.toLocaleString(tag())}>
        {when(at, new Date())}
      </time>
      <span>
        <b>{verdictOf(row)}</b>{" "}
        {row.session === "" ? (
          <About row={row} />
        ) : (
          <a href={routeHash(toSession(row.session))}>
            <About row={row} />
          </a>
        )}
      </span>
      <span class="quiet">{whoDecided(row.by)}</span>
    </li>
  );
}

function About({ row }: { row: AuditRow }) {
  return (
    <code>
      {visible(row.tool)} {visible(aboutRow(row))}
    </code>
  );
}
