import { count, t } from "@starpod/page";
import type { ComponentChildren } from "preact";
import { dayWords } from "./bars";
import type { CostOverview, Day, ToolUse, UserSums } from "./protocol";
import { isAdmin, known } from "./state";

type Sums = Omit<UserSums, "user_id">;

/** What models were asked for, as their purposes are called for people. */
const PURPOSES: Readonly<Record<string, () => string>> = {
  completion: () => t("answers"),
  failed: () => t("answers that failed or were stopped"),
  compaction: () => t("summaries of long conversations"),
  flush: () => t("what to remember before a summary"),
  review: () => t("what to remember of a conversation"),
  skill: () => t("drafts of skills"),
  embedding: () => t("meaning of notes and questions"),
  transcription: () => t("words of what was spoken"),
};

/** The same figures by who, by which model, for what, and with which tools. */
export function Tables({ overview }: { overview: CostOverview }) {
  return (
    <>
      {isAdmin() && (
        <SumsTable title={t("Users")} one={t("User")} rows={overview.by_user} name={(each) => each.user_id} />
      )}
      <SumsTable title={t("Models")} one={t("Model")} rows={overview.by_model} name={(each) => each.model} />
      <SumsTable
        title={t("Purposes")}
        one={t("Purpose")}
        rows={overview.by_purpose}
        name={({ purpose }) => PURPOSES[purpose]?.() ?? purpose}
      />
      <Tools tools={overview.by_tool} />
    </>
  );
}

interface TableProps {
  readonly title: string;
  readonly columns: readonly string[];
  readonly children: ComponentChildren;
}

/** Wide enough to be scrolled sideways on a phone, which keys can do too. */
function Table({ title, columns, children }: TableProps) {
  return (
    <section aria-label={title}>
      <h2>{title}</h2>
      <Scrolled title={title} columns={columns}>
        {children}
      </Scrolled>
    </section>
  );
}

function Scrolled({ title, columns, children }: TableProps) {
  return (
    <div class="sums" role="region" aria-label={t("{title}, table", { title })} tabIndex={0}>
      <table aria-label={title}>
        <thead>
          <tr>
            {columns.map((column) => (
              <th key={column} scope="col">
                {column}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>{children}</tbody>
      </table>
    </div>
  );
}

interface SumsTableProps<T extends Sums> {
  readonly title: string;
  /** Of what there is one in each row. */
  readonly one: string;
  readonly rows: readonly T[];
  readonly name: (row: T) => string;
}

function SumsTable<T extends Sums>({ title, one, rows, name }: SumsTableProps<T>) {
  return (
    <Table
      title={title}
      columns={[one, t("Cost"), t("Calls"), t("Tokens in"), t("of them cached"), t("out")]}
    >
      {rows.map((row) => (
        <tr key={name(row)}>
          <th scope="row">
            <bdi>{name(row)}</bdi>
          </th>
          <td>{known(row.total_cost_usd, row.total_unpriced)}</td>
          <td>{count(row.total_turns)}</td>
          <td>{count(row.total_input_tokens)}</td>
          <td>{count(row.total_cache_read)}</td>
          <td>{count(row.total_output_tokens)}</td>
        </tr>
      ))}
    </Table>
  );
}

function Tools({ tools }: { tools: readonly ToolUse[] }) {
  if (tools.length === 0) return null;
  return (
    <Table title={t("Tools")} columns={[t("Tool"), t("Calls"), t("Errors")]}>
      {tools.map(({ tool_name: name, invocations, errors }) => (
        <tr key={name}>
          <th scope="row">
            <bdi>{name}</bdi>
          </th>
          <td>{count(invocations)}</td>
          <td>{count(errors)}</td>
        </tr>
      ))}
    </Table>
  );
}

const unpricedOf = (day: Day) => day.by_model.reduce((sum, { unpriced }) => sum + unpriced, 0);
const tokensOf = (day: Day) => day.by_model.reduce((sum, { tokens }) => sum + tokens, 0);
const modelsOf = (day: Day) =>
  day.by_model.map(({ model, cost_usd, unpriced }) => `${model} ${known(cost_usd, unpriced)}`).join(", ");

/** What the chart shows, the latest day first. */
export function Days({ days }: { days: readonly Day[] }) {
  return (
    <details class="more">
      <summary>
        {t("The days as a table")}
        <span class="quiet">{t("; they begin at midnight UTC")}</span>
      </summary>
      <Scrolled title={t("Days")} columns={[t("Day"), t("Cost"), t("Tokens"), t("Models")]}>
        {[...days].reverse().map((day) => (
          <tr key={day.date}>
            <th scope="row">
              <time dateTime={day.date}>{dayWords(day.date)}</time>
            </th>
            <td>{known(day.total_cost_usd, unpricedOf(day))}</td>
            <td>{count(tokensOf(day))}</td>
            <td class="words">{modelsOf(day)}</td>
          </tr>
        ))}
      </Scrolled>
    </details>
  );
}
