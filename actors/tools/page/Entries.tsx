import { bytes, Icon, Menu, rawUrl, t, TextButton, when, type Attempts } from "@starpod/page";
import { useState } from "preact/hooks";
import { Deleting } from "./Deleting";
import { Moving } from "./Moving";
import type { FileEntry } from "./protocol";
import { joined, nameOfEntry, placeOf } from "./state";

/** Names that are drawn at first: more would be felt on a phone. */
const AT_ONCE = 300;

interface EntriesProps {
  readonly path: string;
  readonly entries: readonly FileEntry[];
  readonly attempts: Attempts;
}

/** The names in a folder, each with what can be done with it. */
export function Entries({ path, entries, attempts }: EntriesProps) {
  const [most, setMost] = useState(AT_ONCE);
  const [asking, setAsking] = useState<{ readonly what: "move" | "delete"; readonly path: string } | null>(
    null,
  );
  const close = () => setAsking(null);
  const now = new Date();
  return (
    <>
      <ul class="file-list" aria-label={t("In {folder}", { folder: path === "" ? t("home") : path })}>
        {entries.slice(0, most).map((entry) => (
          <Entry
            key={entry.name}
            entry={entry}
            path={joined(path, nameOfEntry(entry))}
            now={now}
            onAsk={(what) => setAsking({ what, path: joined(path, nameOfEntry(entry)) })}
          />
        ))}
      </ul>
      {entries.length > most && (
        <TextButton onClick={() => setMost(most + 1000)}>
          {t("Show more of the {count} names", { count: entries.length })}
        </TextButton>
      )}
      {asking?.what === "move" && <Moving path={asking.path} attempts={attempts} onClose={close} />}
      {asking?.what === "delete" && <Deleting path={asking.path} attempts={attempts} onClose={close} />}
    </>
  );
}

interface EntryProps {
  readonly entry: FileEntry;
  readonly path: string;
  readonly now: Date;
  readonly onAsk: (what: "move" | "delete") => void;
}

const ICONS = { directory: "folder", file: "file", link: "join", other: "circle" } as const;

function Entry({ entry, path, now, onAsk }: EntryProps) {
  const name = nameOfEntry(entry);
  const isFile = entry.type === "file";
  const changed = new Date(entry.modified_at);
  return (
    <li>
      <a href={placeOf(path)} class={entry.type}>
        <Icon name={ICONS[entry.type]} />
        <bdi>{name}</bdi>
        {entry.type === "directory" && <span class="sr-only">{t("folder")}</span>}
        {entry.type === "link" && <small class="quiet">{t("link")}</small>}
      </a>
      <span class="file-facts quiet">
        <span>{isFile && bytes(entry.size)}</span>
        <time dateTime={entry.modified_at} title={changed.toLocaleString()}>
          {when(changed, now)}
        </time>
      </span>
      <Menu
        label={t("More about {title}", { title: name })}
        items={() => [
          isFile && { label: t("Download"), icon: "down", act: () => download(path, name) },
          entry.type !== "link" && { label: t("Rename or move"), icon: "pencil", act: () => onAsk("move") },
          { label: t("Delete"), icon: "bin", act: () => onAsk("delete") },
        ]}
      />
    </li>
  );
}

function download(path: string, name: string): void {
  const link = document.createElement("a");
  link.href = rawUrl(path);
  link.download = name;
  link.click();
}
