import { routeHash, t, TextButton, toSection } from "@starpod/page";
import { enteredOf, labelOf, roughly, same, shown, type Entered } from "./fields";
import { placesOf } from "./groups";
import type { Field, State } from "./protocol";
import { discard, drafts, enter, insist } from "./state";

const LOCAL = "config.local.toml";

interface FieldRowProps {
  readonly field: Field;
  readonly state: State;
  /** What is wrong with what was entered; empty for nothing. */
  readonly mistake: string;
}

/** One key: a field for its value, what is said of it, where it comes from and when a change of it counts. */
export function FieldRow({ field, state, mistake }: FieldRowProps) {
  const { key } = field;
  const value = key in state.values ? state.values[key] : field.default;
  const draft = drafts.value[key];
  const entered = draft === undefined || draft.entered === null ? enteredOf(field, value) : draft.entered;
  const id = `setting-${key}`;
  const readOnly = field.kind === "table";
  const overtaken = draft !== undefined && !same(draft.was, value);
  const given = (next: Entered) => enter(field, next, value ?? null);
  const said = [field.text !== "" && `${id}-text`, `${id}-facts`, mistake !== "" && `${id}-mistake`];
  const described = said.filter((each) => each !== false).join(" ");
  return (
    <div class={`setting${draft === undefined ? "" : " changed"}`}>
      <label for={id} lang="en">
        {labelOf(field)}
      </label>
      <div class="setting-value">
        <Control {...{ field, id, entered, described, readOnly }} wrong={mistake !== ""} onEnter={given} />
        {field.unit !== "" && (
          <span class="quiet" lang="en">
            {field.unit}
          </span>
        )}
        {roughly(field, entered) !== "" && (
          <span class="quiet">{t("about {size}", { size: roughly(field, entered) })}</span>
        )}
      </div>
      {mistake !== "" && (
        <p class="mistake" id={`${id}-mistake`} role="alert">
          {mistake}
        </p>
      )}
      {overtaken && (
        <p class="mistake" role="alert">
          {t("It was changed meanwhile: {value}.", { value: shown(field, value) })}{" "}
          <TextButton onClick={() => discard(key)}>{t("Take that")}</TextButton>{" "}
          <TextButton onClick={() => insist(key, value ?? null)}>{t("Keep mine")}</TextButton>
        </p>
      )}
      {field.text !== "" && (
        <p class="setting-text" id={`${id}-text`} lang="en">
          {marked(field.text)}
        </p>
      )}
      <Facts {...{ field, id, value }} file={state.files[key]} waits={state.waiting.includes(key)}>
        {state.files[key] === LOCAL && !readOnly && draft?.entered !== null && (
          <TextButton onClick={() => given(null)}>
            {t("Give back")}
            <span class="sr-only"> {labelOf(field)}</span>
          </TextButton>
        )}
        {draft?.entered === null && <span>{t("is given back to the other files")}</span>}
      </Facts>
    </div>
  );
}

interface ControlProps {
  readonly field: Field;
  readonly id: string;
  readonly entered: string | boolean;
  /** Ids of what is said of it. */
  readonly described: string;
  readonly readOnly: boolean;
  readonly wrong: boolean;
  readonly onEnter: (entered: Entered) => void;
}

function Control({ field, id, entered, described, readOnly, wrong, onEnter }: ControlProps) {
  const common = { id, "aria-describedby": described, "aria-invalid": wrong };
  const text = String(entered);
  if (field.kind === "switch") {
    return (
      <input
        {...common}
        type="checkbox"
        checked={entered === true}
        disabled={readOnly}
        onChange={(event) => onEnter(event.currentTarget.checked)}
      />
    );
  }
  if (field.kind === "choice") {
    return (
      <select
        {...common}
        value={text}
        disabled={readOnly}
        onChange={(event) => onEnter(event.currentTarget.value)}
      >
        {field.optional && <option value="">{t("Nothing chosen")}</option>}
        {field.choices.map((choice) => (
          <option key={choice} value={choice}>
            {choice}
          </option>
        ))}
      </select>
    );
  }
  if (field.kind === "list" || field.kind === "table") {
    return (
      <textarea
        {...common}
        class="mono"
        rows={Math.min(8, Math.max(2, text.split("\n").length))}
        value={text}
        readOnly={readOnly}
        placeholder={readOnly ? t("None") : t("One a line")}
        spellcheck={false}
        onInput={(event) => onEnter(event.currentTarget.value)}
      />
    );
  }
  const number = field.kind !== "text";
  return (
    <input
      {...common}
      class={number ? "number" : ""}
      type="text"
      inputMode={field.kind === "integer" ? "numeric" : number ? "decimal" : "text"}
      value={text}
      readOnly={readOnly}
      placeholder={field.optional || readOnly ? t("Nothing set") : ""}
      autocapitalize="off"
      spellcheck={false}
      onInput={(event) => onEnter(event.currentTarget.value)}
    />
  );
}

interface FactsProps {
  readonly field: Field;
  readonly id: string;
  readonly value: unknown;
  readonly file: string | undefined;
  readonly waits: boolean;
  readonly children: preact.ComponentChildren;
}

/** Where the value comes from, what it would be otherwise, and when a change counts. */
function Facts({ field, id, value, file, waits, children }: FactsProps) {
  const { default: standard, takes } = field;
  return (
    <p class="setting-facts" id={`${id}-facts`}>
      <code>{field.key}</code>
      <span>{file === undefined ? t("default") : t("from {file}", { file })}</span>
      {!same(value, standard) && <span>{t("default: {value}", { value: shown(field, standard) })}</span>}
      {takes === "restart" && <span>{t("restarts its part of the agent")}</span>}
      {takes === "next_start" && (
        <span class={waits ? "waits" : ""}>{t("needs a restart of the agent")}</span>
      )}
      {field.guarded && <span>{t("takes a code from the operator")}</span>}
      {field.kind === "table" && <span>{t("is written in the files")}</span>}
      {placesOf(field).map(({ title, section, path = [] }) => (
        <a key={section} href={routeHash(toSection(section, ...path))}>
          {title()}
        </a>
      ))}
      {children}
    </p>
  );
}

/** Words in backticks as code. */
function marked(text: string) {
  return text.split("`").map((part, index) => (index % 2 === 0 ? part : <code key={index}>{part}</code>));
}
