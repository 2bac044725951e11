import { bytes, Icon, Menu, rawUrl, t, TextButton, when, type Attempts } from "@starpod/page";
import { useState } from "preact/hooks";
import { Deleting } from "./Deleting";
import { Moving } from "./Moving";
import type { FileEntry } from "./protocol";
import { download, takeFolder } from "./taking";
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
      <ul
        class="file-list"
        aria-label={t("In {folder}", { folder: path === "" ? t("home") : path })}
        onKeyDown={walk}
      >
        {entries.slice(0, most).map((entry) => (
          <Entry
            key={entry.name}
            entry={entry}
            path={joined(path, nameOfEntry(entry))}
            now={now}
            attempts={attempts}
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

/** Arrow keys, Home and End go from name to name. */
function walk(event: KeyboardEvent & { currentTarget: HTMLElement }): void {
  const links = [...event.currentTarget.querySelectorAll<HTMLElement>("a")];
  const here = links.indexOf(document.activeElement as HTMLElement);
  const to: Readonly<Record<string, number>> = {
    ArrowDown: here + 1,
    ArrowUp: here - 1,
    Home: 0,
    End: links.length - 1,
  };
  const next = links[to[event.key] ?? -1];
  if (here === -1 || next === undefined) return;
  event.preventDefault();
  next.focus();
}

interface EntryProps {
  readonly entry: FileEntry;
  readonly path: string;
  readonly now: Date;
  readonly attempts: Attempts;
  readonly onAsk: (what: "move" | "delete") => void;
}

const ICONS = { directory: "folder", file: "file", link: "join", other: "circle" } as const;

function Entry({ entry, path, now, attempts, onAsk }: EntryProps) {
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
          isFile && { label: t("Download"), icon: "down", act: () => download(rawUrl(path), name) },
          entry.type === "directory" && {
            label: t("Download as a zip file"),
            icon: "down",
            act: () => void attempts.attempt(() => takeFolder(path)),
          },
          entry.type !== "link" && { label: t("Rename or move"), icon: "pencil", act: () => onAsk("move") },
          { label: t("Delete"), icon: "bin", act: () => onAsk("delete") },
        ]}
      />
    </li>
  );
}
