import { t, TextButton, type Mistake } from "@starpod/page";
import { Control } from "./Control";
import { enteredOf, labelOf, roughly, same, shown, type Entered } from "./fields";
import type { Field } from "./form";
import type { State } from "./protocol";
import { Records } from "./Records";
import { discard, drafts, enter, insist } from "./state";

const LOCAL = "config.local.toml";

interface FieldRowProps {
  readonly field: Field;
  readonly state: State;
  /** What is wrong with what was entered, here and below. */
  readonly mistakes: readonly Mistake[];
}

/** One key: a field for its value, what is said of it, where it comes from and when a change of it counts. */
export function FieldRow({ field, state, mistakes }: FieldRowProps) {
  const { key } = field;
  const mistake = mistakes.find((each) => each.key === key)?.text ?? "";
  const value = key in state.values ? state.values[key] : field.default;
  const draft = drafts.value[key];
  const entered = draft === undefined || draft.entered === null ? enteredOf(field, value) : draft.entered;
  const id = `setting-${key}`;
  const overtaken = draft !== undefined && !same(draft.was, value);
  const given = (next: Entered) => enter(field, next, value ?? null);
  const said = [field.text !== "" && `${id}-text`, `${id}-facts`, mistake !== "" && `${id}-mistake`];
  const described = said.filter((each) => each !== false).join(" ");
  const listed = typeof entered === "object";
  return (
    <div class={`setting${draft === undefined ? "" : " changed"}${listed ? " wide" : ""}`}>
      {listed ? (
        <span class="setting-label" lang="en">
          {labelOf(field)}
        </span>
      ) : (
        <label for={id} lang={field.name === undefined ? "en" : undefined}>
          {labelOf(field)}
        </label>
      )}
      <div class="setting-value">
        {listed ? (
          <Records {...{ field, mistakes }} rows={entered} onRows={given} />
        ) : (
          <Control {...{ field, id, entered, described }} wrong={mistake !== ""} onEnter={given} />
        )}
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
        {state.files[key] === LOCAL && draft?.entered !== null && (
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
      {children}
    </p>
  );
}

/** Words in backticks as code. */
function marked(text: string) {
  return text.split("`").map((part, index) => (index % 2 === 0 ? part : <code key={index}>{part}</code>));
}
