import { Appearance, n, Outcome, t, TextButton, Unlocking, useAttempts, type Mistake } from "@starpod/page";
import { useState } from "preact/hooks";
import { FieldRow } from "./FieldRow";
import { formOf, isOpen, leaves, type Field } from "./form";
import { tables, type Group } from "./groups";
import { Keys } from "./Keys";
import type { Field as Described, State } from "./protocol";
import { added, discard, drafts, keep } from "./state";
import { AddName, Tables } from "./Tables";

interface GroupViewProps {
  readonly group: Group;
  readonly fields: readonly Described[];
  readonly state: State;
}

/** Whether what is wrong with a key is told at a field. */
function isOf(key: string, field: Field): boolean {
  return key === field.key || (field.kind === "records" && key.startsWith(`${field.key}.`));
}

/** The forms of one group, table by table, and what was changed in them. */
export function GroupView({ group, fields, state }: GroupViewProps) {
  const [mistakes, setMistakes] = useState<readonly Mistake[]>([]);
  const attempts = useAttempts();
  const parts = tables(formOf(fields, state.values, added.value), group);
  const own = leaves(parts.flatMap(([, each]) => each));
  const changed = own.filter(({ key }) => key in drafts.value);
  const elsewhere = mistakes.filter(({ key }) => !own.some((field) => isOf(key, field)));

  const save = () =>
    attempts.attempt(async () => {
      const kept = await keep(changed);
      setMistakes(kept.mistakes);
      return kept.said;
    });
  const forget = () => {
    discard(...changed.map(({ key }) => key));
    setMistakes([]);
  };
  return (
    <form
      class="setting-form"
      autocomplete="off"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        void save();
      }}
    >
      {own.some(({ guarded }) => guarded) && <Unlocking />}
      {group.id === "models" && <Keys />}
      {group.id === "appearance" && <Appearance />}
      {parts.map(([table, each]) => {
        const rows = each.map((field) =>
          field.kind === "named" ? (
            <Tables key={field.key} {...{ field, state, mistakes }} />
          ) : isOpen(field) ? (
            <Open key={field.key} field={field} />
          ) : (
            <FieldRow key={field.key} {...{ field, state, mistakes }} />
          ),
        );
        return table.startsWith("providers.") ? (
          <details key={table}>
            <summary>{table.slice(table.indexOf(".") + 1)}</summary>
            {rows}
          </details>
        ) : (
          <section key={table} aria-label={table === "" ? group.title() : table}>
            {parts.length > 1 && table !== "" && <h2>{table}</h2>}
            {rows}
          </section>
        );
      })}
      <div class="setting-save">
        {elsewhere.map(({ key, text }) => (
          <p key={text} class="mistake" role="alert">
            {key === "" ? text : `${key}: ${text}`}
          </p>
        ))}
        <Outcome of={attempts} />
        {changed.length > 0 && (
          <div class="buttons">
            <button type="submit" class="primary">
              {n(changed.length, "Keep the change", "Keep {n} changes")}
            </button>
            <TextButton onClick={forget}>{t("Discard")}</TextButton>
          </div>
        )}
      </div>
    </form>
  );
}

/** Names another key of a table in which any may stand. */
function Open({ field }: { readonly field: Field }) {
  return (
    <div class="setting wide">
      <AddName above={field.key.slice(0, -1)} label={t("Name of another one")} />
      <p class="setting-text" lang="en">
        {field.text}
      </p>
    </div>
  );
}
