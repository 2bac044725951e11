import { dropTarget, Icon, Outcome, Poll, t, TextButton, useAttempts, type Attempts } from "@starpod/page";
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { Entries } from "./Entries";
import { NameForm } from "./NameForm";
import { Problem } from "./Problem";
import { MOST_LISTED, type FileEntry } from "./protocol";
import {
  arranged,
  changes,
  hidden,
  joined,
  keepDraft,
  list,
  makeFolder,
  NEW,
  order,
  placeOf,
  REST,
  type Order,
} from "./state";
import { bring } from "./bringing";
import { takeFolder } from "./taking";
import { Trash } from "./Trash";
import { Uploads } from "./Uploads";

/** What is in a folder, and ways to bring more there. */
export function Folder({ path }: { path: string }) {
  const attempts = useAttempts();
  const poll = useMemo(() => new Poll(() => list(path), { rest: () => REST }), [path]);
  useEffect(() => poll.watch(), [poll]);
  useEffect(() => void poll.look(), [poll, changes.value]);
  const [entries, problem] = [poll.value.value, poll.problem.value];
  useEffect(() => {
    dropTarget.value = {
      words: t("Drop files to put them into {folder}", { folder: path === "" ? t("home") : path }),
      take: (files) => bring(path, files),
    };
    return () => {
      dropTarget.value = null;
    };
  }, [path]);

  return (
    <>
      <Tools path={path} entries={entries ?? []} attempts={attempts} />
      <Outcome of={attempts} />
      {problem !== null && <Problem of={problem} />}
      <Uploads />
      {entries !== null && <Listed path={path} entries={entries} attempts={attempts} />}
    </>
  );
}

interface ToolsProps {
  readonly path: string;
  readonly entries: readonly FileEntry[];
  readonly attempts: Attempts;
}

/** How the folder is shown, and what comes into it. */
function Tools({ path, entries, attempts }: ToolsProps) {
  const [making, setMaking] = useState<"folder" | "file" | null>(null);
  const [inTrash, setInTrash] = useState(false);
  const picker = useRef<HTMLInputElement>(null);
  const make = (name: string) =>
    attempts.attempt(async () => {
      if (entries.some((entry) => entry.name === name || entry.name === `${name}/`))
        throw new Error(t("There is a {name} already.", { name }));
      if (making === "folder") {
        await makeFolder(joined(path, name));
        changes.value++;
      } else {
        keepDraft(joined(path, name), NEW);
        location.hash = placeOf(joined(path, name));
      }
      setMaking(null);
      return making === "folder" ? t("{name} is there.", { name }) : "";
    });
  return (
    <>
      <div class="file-tools">
        <div class="buttons">
          <button type="button" class="primary" onClick={() => picker.current?.click()}>
            {t("Upload files")}
          </button>
          <input
            ref={picker}
            type="file"
            multiple
            hidden
            onChange={({ currentTarget }) => {
              bring(path, [...(currentTarget.files ?? [])]);
              currentTarget.value = ""; // so that the same one may be chosen again
            }}
          />
          <TextButton onClick={() => setMaking("folder")}>{t("New folder")}</TextButton>
          <TextButton onClick={() => setMaking("file")}>{t("New file")}</TextButton>
          {path !== "" && (
            <TextButton onClick={() => void attempts.attempt(() => takeFolder(path))}>
              {t("Download all")}
            </TextButton>
          )}
        </div>
        <div class="buttons shown-how">
          <select
            aria-label={t("Order")}
            value={order.value}
            onChange={({ currentTarget }) => {
              order.value = currentTarget.value as Order;
            }}
          >
            <option value="name">{t("By name")}</option>
            <option value="changed">{t("Newest first")}</option>
            <option value="size">{t("Largest first")}</option>
          </select>
          <label class="check">
            <input
              type="checkbox"
              checked={hidden.value}
              onChange={({ currentTarget }) => {
                hidden.value = currentTarget.checked;
              }}
            />
            {t("Hidden files")}
          </label>
          <button
            type="button"
            class="icon-button"
            aria-label={t("Deleted files")}
            title={t("Deleted files")}
            onClick={() => setInTrash(true)}
          >
            <Icon name="bin" />
          </button>
          <button
            type="button"
            class="icon-button"
            aria-label={t("Read the folder again")}
            title={t("Read the folder again")}
            onClick={() => changes.value++}
          >
            <Icon name="retry" />
          </button>
        </div>
      </div>
      {inTrash && <Trash onClose={() => setInTrash(false)} />}
      {making !== null && (
        <NameForm
          key={making}
          label={making === "folder" ? t("Name of the new folder") : t("Name of the new file")}
          does={making === "folder" ? t("Make it") : t("Write it")}
          onName={(name) => void make(name)}
          onCancel={() => setMaking(null)}
        />
      )}
    </>
  );
}

function Listed({ path, entries, attempts }: ToolsProps) {
  const shown = arranged(entries, order.value, hidden.value);
  const kept = entries.length - shown.length;
  return (
    <>
      {shown.length === 0 && (
        <p class="quiet">
          {kept === 0
            ? t("There is nothing here yet. Drop files here, or upload some.")
            : t("There are only hidden files here.")}
        </p>
      )}
      <Entries path={path} entries={shown} attempts={attempts} />
      {entries.length === MOST_LISTED && (
        <p class="quiet">
          {t("These are the first {count} by name; there may be more.", { count: MOST_LISTED })}
        </p>
      )}
    </>
  );
}
