import { Sure, t, type Mistake } from "@starpod/page";
import { useState } from "preact/hooks";
import { FieldRow } from "./FieldRow";
import { isName, type Field, type Named } from "./form";
import type { State } from "./protocol";
import { add, drafts, discard, remove } from "./state";

const LOCAL = "config.local.toml";

interface TablesProps {
  readonly field: Field;
  readonly state: State;
  readonly mistakes: readonly Mistake[];
}

/** Tables that people have named, each with its fields, and a place to name another one. */
export function Tables({ field, state, mistakes }: TablesProps) {
  return (
    <div class="tables">
      {field.tables?.map((table) => (
        <Table key={table.name} {...{ table, state, mistakes }} />
      ))}
      <AddName above={`${field.key}.`} label={t("Name of another one")} />
    </div>
  );
}

interface TableProps {
  readonly table: Named;
  readonly state: State;
  readonly mistakes: readonly Mistake[];
}

function Table({ table: { name, self, fields }, state, mistakes }: TableProps) {
  const kept = fields.filter(({ key }) => key in state.values);
  const elsewhere = kept.find(({ key }) => ![undefined, LOCAL].includes(state.files[key]));
  const gone = self.key in drafts.value;
  const own = mistakes.filter(({ key }) => key === self.key);
  const wrong = mistakes.some(({ key }) => `${key}.`.startsWith(`${self.key}.`));
  return (
    <details open={kept.length === 0 || wrong}>
      <summary>
        {name}
        {kept.length === 0 && <span class="quiet"> {t("not kept yet")}</span>}
        {gone && <span class="quiet"> {t("is deleted")}</span>}
      </summary>
      {own.map(({ text }) => (
        <p key={text} class="mistake" role="alert">
          {text}
        </p>
      ))}
      {gone ? (
        <button type="button" class="text-button" onClick={() => discard(self.key)}>
          {t("Leave it there")}
        </button>
      ) : (
        <>
          {fields.map((field) => (
            <FieldRow key={field.key} field={field} state={state} mistakes={mistakes} />
          ))}
          {elsewhere === undefined ? (
            <p class="buttons">
              <Sure sure={t("Delete {name}", { name })} onSure={() => remove(self, kept.length > 0)}>
                {t("Delete")}
                <span class="sr-only">: {name}</span>
              </Sure>
            </p>
          ) : (
            <p class="quiet">
              {t("It stands in {file}, and can only be deleted there.", {
                file: state.files[elsewhere.key] ?? "",
              })}
            </p>
          )}
        </>
      )}
    </details>
  );
}

interface AddNameProps {
  /** What stands before the name in its key. */
  readonly above: string;
  readonly label: string;
}

/** Names something that is not there yet. */
export function AddName({ above, label }: AddNameProps) {
  const [name, setName] = useState("");
  const [wrong, setWrong] = useState(false);
  const id = `setting-${above}-name`;
  const submit = () => {
    setWrong(!isName(name));
    if (!isName(name)) return;
    add(above + name);
    setName("");
  };
  return (
    <div class="add-name">
      <label for={id}>{label}</label>
      <div class="setting-value">
        <input
          id={id}
          class="mono"
          value={name}
          autocapitalize="off"
          spellcheck={false}
          aria-invalid={wrong}
          aria-describedby={`${id}-mistake`}
          onInput={(event) => setName(event.currentTarget.value.trim())}
          onKeyDown={(event) => {
            if (event.key !== "Enter") return;
            event.preventDefault(); // which would keep what was changed
            submit();
          }}
        />
        <button type="button" onClick={submit}>
          {t("Add")}
        </button>
      </div>
      <p class="mistake" id={`${id}-mistake`} role="alert">
        {wrong && t("A name has no dots and no spaces in it.")}
      </p>
    </div>
  );
}
