import { IconButton, t, TextButton, type Mistake } from "@starpod/page";
import { useEffect, useRef, useState } from "preact/hooks";
import { Control } from "./Control";
import { labelOf } from "./fields";
import { lastPart, type Field } from "./form";
import { changedRow, moved, withNew, type Row } from "./rows";

interface RecordsProps {
  readonly field: Field;
  readonly rows: readonly Row[];
  readonly mistakes: readonly Mistake[];
  readonly onRows: (rows: readonly Row[]) => void;
}

/** A list of tables, whose order counts: each with its fields, moved by buttons or Alt with the arrows. */
export function Records({ field, rows, mistakes, onRows }: RecordsProps) {
  const [said, setSaid] = useState("");
  /** Id of the element that is to have the focus once the rows are drawn anew. */
  const next = useRef("");
  useEffect(() => {
    if (next.current !== "") document.getElementById(next.current)?.focus();
    next.current = "";
  }, [rows]);
  const fields = field.of ?? [];
  const first = lastPart(fields[0]?.key ?? "");
  const id = (row: Row, what: string) => `setting-${field.key}-${row.id}-${what}`;

  const move = (index: number, by: -1 | 1) => {
    const changed = moved(rows, index, by);
    if (changed === rows) return;
    next.current = document.activeElement?.id ?? "";
    setSaid(
      t("Number {from} is number {to} now, of {all}.", {
        from: index + 1,
        to: index + 1 + by,
        all: rows.length,
      }),
    );
    onRows(changed);
  };
  const remove = (index: number) => {
    const left = rows.filter((_, each) => each !== index);
    const near = left[Math.min(index, left.length - 1)];
    next.current = near === undefined ? `setting-${field.key}-add` : id(near, "delete");
    setSaid(t("Number {n} is deleted.", { n: index + 1 }));
    onRows(left);
  };
  const add = () => {
    const changed = withNew(field, rows);
    const last = changed.at(-1);
    if (last !== undefined) next.current = id(last, first);
    onRows(changed);
  };
  return (
    <div class="records">
      <ol aria-label={labelOf(field)}>
        {rows.map((row, index) => (
          <li
            key={row.id}
            onKeyDown={(event) => {
              const by = { ArrowUp: -1, ArrowDown: 1 } as const;
              if (!event.altKey || !(event.key === "ArrowUp" || event.key === "ArrowDown")) return;
              event.preventDefault();
              move(index, by[event.key]);
            }}
          >
            <fieldset>
              <legend>{t("Number {n}", { n: index + 1 })}</legend>
              <div class="record">
                {fields.map((each) => {
                  const name = lastPart(each.key);
                  const mistake = mistakes.find(({ key }) => key === `${field.key}.${index + 1}.${name}`);
                  return (
                    <div key={name}>
                      <label for={id(row, name)} lang="en">
                        {labelOf(each)}
                      </label>
                      <Control
                        field={each}
                        id={id(row, name)}
                        entered={row.entered[name] ?? ""}
                        described={mistake === undefined ? saidOf(each) : `${id(row, name)}-mistake`}
                        wrong={mistake !== undefined}
                        onEnter={(entered) => onRows(changedRow(rows, row.id, name, entered))}
                      />
                      {mistake !== undefined && (
                        <p class="mistake" id={`${id(row, name)}-mistake`} role="alert">
                          {mistake.text}
                        </p>
                      )}
                    </div>
                  );
                })}
              </div>
              <div class="buttons">
                <IconButton
                  id={id(row, "up")}
                  icon="up"
                  label={t("Move number {n} up", { n: index + 1 })}
                  onClick={() => move(index, -1)}
                />
                <IconButton
                  id={id(row, "down")}
                  icon="down"
                  label={t("Move number {n} down", { n: index + 1 })}
                  onClick={() => move(index, 1)}
                />
                <IconButton
                  id={id(row, "delete")}
                  icon="bin"
                  label={t("Delete number {n}", { n: index + 1 })}
                  onClick={() => remove(index)}
                />
              </div>
            </fieldset>
          </li>
        ))}
      </ol>
      <TextButton id={`setting-${field.key}-add`} onClick={add}>
        {t("Add one")}
        <span class="sr-only">: {labelOf(field)}</span>
      </TextButton>
      <details class="record-help">
        <summary>{t("What the fields say")}</summary>
        <dl lang="en">
          {fields.map((each) => (
            <div key={each.key}>
              <dt>{labelOf(each)}</dt>
              <dd id={saidOf(each)}>{each.text}</dd>
            </div>
          ))}
        </dl>
      </details>
      <div class="sr-only" role="status">
        {said}
      </div>
    </div>
  );
}

const saidOf = ({ key }: Field) => `setting-${key}-text`;
