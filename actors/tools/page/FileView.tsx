import {
  ApiError,
  bytes,
  dated,
  Outcome,
  Preview,
  rawUrl,
  t,
  TextButton,
  TextEditor,
  nameOf,
  useAttempts,
} from "@starpod/page";
import { useState } from "preact/hooks";
import { Deleting } from "./Deleting";
import { Moving } from "./Moving";
import type { FileFacts, WholeText } from "./protocol";
import {
  contentOf,
  draftOf,
  draftOfText,
  folderOf,
  keepDraft,
  MOST_EDITED,
  placeOf,
  read,
  write,
  type Draft,
} from "./state";

interface FileViewProps {
  readonly path: string;
  /** Null for one that is yet to be written. */
  readonly facts: FileFacts | null;
  /** Called when it is another file by now. */
  readonly onChanged: () => void;
}

/** One file: what it is, what is in it, and a field to change it. */
export function FileView({ path, facts, onChanged }: FileViewProps) {
  const [draft, setDraft] = useState<Draft | null>(() => draftOf(path));
  const [theirs, setTheirs] = useState<Theirs | null>(null);
  const attempts = useAttempts();

  const hold = (next: Draft | null) => {
    keepDraft(path, next);
    setDraft(next);
    if (next === null) setTheirs(null);
  };
  const edit = () =>
    attempts.attempt(async () => {
      hold(draftOfText(await read(path)));
      return "";
    });
  const save = (etag: string) =>
    attempts.attempt(async () => {
      if (draft === null) return "";
      try {
        await write(path, contentOf(draft), etag);
      } catch (error) {
        if (!(error instanceof ApiError) || ![404, 409].includes(error.status)) throw error;
        setTheirs(await now(path));
        throw new Error(
          t("It was not saved: somebody else, maybe the agent, has changed this file meanwhile."),
        );
      }
      hold(null);
      onChanged();
      return t("Saved.");
    });
  const discard = () => {
    hold(null);
    if (facts === null) location.hash = placeOf(folderOf(path));
    else onChanged();
  };

  return (
    <>
      {facts !== null && <Facts facts={facts} />}
      <Outcome of={attempts} />
      {draft !== null ? (
        <>
          {theirs !== null && (
            <section class="theirs" aria-label={t("What is there now")}>
              <h2>{t("What is there now")}</h2>
              {theirs.text === null ? (
                <p class="quiet">{theirs.why}</p>
              ) : (
                <pre class="note" tabIndex={0}>
                  {theirs.text.content}
                </pre>
              )}
              <div class="buttons">
                <TextButton onClick={() => void save(theirs.text?.etag ?? "")}>
                  {t("Save mine in its place")}
                </TextButton>
                <TextButton onClick={discard}>{t("Take theirs, and forget mine")}</TextButton>
              </div>
            </section>
          )}
          {theirs === null && facts !== null && facts.etag !== draft.etag && (
            <p class="quiet" role="status">
              {t(
                "Somebody else has changed this file since you began. Nothing is lost when you save: you are asked first.",
              )}
            </p>
          )}
          <TextEditor
            label={t("Text of {name}", { name: nameOf(path) })}
            rows={22}
            action={t("Save")}
            plain
            text={draft.text}
            onText={(text) => hold({ ...draft, text })}
            onSave={() => void save(draft.etag)}
            onCancel={discard}
          />
        </>
      ) : (
        facts !== null && (
          <>
            <Deeds path={path} facts={facts} attempts={attempts} onEdit={() => void edit()} />
            {facts.type === "file" ? (
              <Preview key={facts.etag} path={path} />
            ) : (
              <p class="quiet">
                {facts.type === "link"
                  ? t("It is a link. Links are not followed here.")
                  : t("It is no file that can be read.")}
              </p>
            )}
          </>
        )
      )}
    </>
  );
}

/** What somebody else has written; without a text, why there is none. */
interface Theirs {
  readonly text: WholeText | null;
  readonly why: string;
}

async function now(path: string): Promise<Theirs> {
  try {
    return { text: await read(path), why: "" };
  } catch (error) {
    if (!(error instanceof ApiError) || error.status === 0) throw error;
    return { text: null, why: error.status === 404 ? t("It was deleted.") : error.message };
  }
}

function Facts({ facts: { size, modified_at, type } }: { facts: FileFacts }) {
  return (
    <p class="quiet entry-facts">
      {type === "file" && <span>{bytes(size)}</span>}
      <span>{t("changed {when}", { when: dated(new Date(modified_at), new Date()) })}</span>
    </p>
  );
}

interface DeedsProps {
  readonly path: string;
  readonly facts: FileFacts;
  readonly attempts: ReturnType<typeof useAttempts>;
  readonly onEdit: () => void;
}

function Deeds({ path, facts, attempts, onEdit }: DeedsProps) {
  const [asking, setAsking] = useState<"move" | "delete" | null>(null);
  const close = () => setAsking(null);
  const isFile = facts.type === "file";
  return (
    <div class="buttons">
      {isFile && (
        <a class="text-button" href={rawUrl(path)} download={nameOf(path)}>
          {t("Download")}
        </a>
      )}
      {isFile && maybeText(facts) && <TextButton onClick={onEdit}>{t("Edit")}</TextButton>}
      {facts.type !== "link" && (
        <TextButton onClick={() => setAsking("move")}>{t("Rename or move")}</TextButton>
      )}
      <TextButton onClick={() => setAsking("delete")}>{t("Delete")}</TextButton>
      {asking === "move" && (
        <Moving
          path={path}
          attempts={attempts}
          onClose={close}
          onMoved={(to) => {
            location.hash = placeOf(to);
          }}
        />
      )}
      {asking === "delete" && (
        <Deleting
          path={path}
          attempts={attempts}
          onClose={close}
          onDeleted={() => {
            location.hash = placeOf(folderOf(path));
          }}
        />
      )}
    </div>
  );
}

/** Whether it is worth trying to change it as a text; what is none is refused by the gateway. */
function maybeText({ size, mime_type }: FileFacts): boolean {
  return (
    size <= MOST_EDITED &&
    !/^(?:image\/(?!svg)|audio\/|video\/|application\/(?:pdf|zip|gzip|vnd))/.test(mime_type ?? "")
  );
}
