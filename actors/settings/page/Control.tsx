import { t } from "@starpod/page";
import type { Plain } from "./fields";
import type { Field } from "./form";

interface ControlProps {
  readonly field: Field;
  readonly id: string;
  readonly entered: Plain;
  /** Ids of what is said of it. */
  readonly described: string;
  readonly wrong: boolean;
  readonly onEnter: (entered: Plain) => void;
}

/** What a value is entered with, by its kind. */
export function Control({ field, id, entered, described, wrong, onEnter }: ControlProps) {
  const common = { id, "aria-describedby": described === "" ? undefined : described, "aria-invalid": wrong };
  const text = String(entered);
  if (field.kind === "switch" && !field.optional) {
    return (
      <input
        {...common}
        type="checkbox"
        checked={entered === true}
        onChange={(event) => onEnter(event.currentTarget.checked)}
      />
    );
  }
  if (field.kind === "choice" || field.kind === "switch") {
    return (
      <select {...common} value={text} onChange={(event) => onEnter(event.currentTarget.value)}>
        {field.optional && <option value="">{t("Nothing chosen")}</option>}
        {choicesOf(field).map(([value, words]) => (
          <option key={value} value={value}>
            {words}
          </option>
        ))}
      </select>
    );
  }
  if (field.kind === "list" || field.kind === "table" || field.kind === "pairs") {
    return (
      <textarea
        {...common}
        class="mono"
        rows={Math.min(8, Math.max(2, text.split("\n").length))}
        value={text}
        placeholder={PLACEHOLDERS[field.kind]()}
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
      placeholder={field.optional ? t("Nothing set") : ""}
      autocapitalize="off"
      spellcheck={false}
      onInput={(event) => onEnter(event.currentTarget.value)}
    />
  );
}

const PLACEHOLDERS = {
  list: () => t("One a line"),
  pairs: () => t("NAME = text, one a line"),
  table: () => t("An object in JSON"),
} as const;

function choicesOf(field: Field): [string, string][] {
  if (field.kind === "choice") return field.choices.map((choice) => [choice, choice]);
  return [
    ["true", t("yes")],
    ["false", t("no")],
  ];
}
