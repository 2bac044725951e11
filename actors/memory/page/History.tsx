import { bytes, n, Revisions, routeHash, Sure, t, toSession, when, type RevisionRow } from "@starpod/page";
import { useEffect, useState } from "preact/hooks";
import type { Revision } from "./protocol";
import { actionOf, doorOf, history, purge, revert, revision } from "./state";

interface HistoryProps {
  readonly name: string;
  /** Grows with every change, so that one looks again. */
  readonly changes: number;
  readonly attempt: (act: () => Promise<string>) => Promise<boolean>;
}

/** What a note was, and the way back. */
export function History({ name, changes, attempt }: HistoryProps) {
  const [found, setFound] = useState<readonly Revision[]>([]);
  useEffect(() => {
    let current = true;
    // Who may not see it sees none: the text says by itself who may change it.
    history(name).then(
      (revisions) => current && setFound(revisions),
      () => current && setFound([]),
    );
    return () => {
      current = false;
    };
  }, [name, changes]);
  if (found.length === 0) return null;

  const back = (seq: number) =>
    attempt(async () => {
      const { done } = await revert(name, seq);
      return done;
    });
  const clear = () =>
    attempt(async () => {
      const { revisions } = await purge(name);
      return n(revisions, "What it was once is gone for good.", "What it was {n} times is gone for good.");
    });
  return (
    <section aria-labelledby="history">
      <h2 id="history">{t("History")}</h2>
      <Revisions rows={found.map((each, index) => rowOf(each, index === 0, back))} />
      <div class="buttons">
        <Sure sure={t("Purge for good")} onSure={() => void clear()}>
          {t("Purge the history")}
        </Sure>
      </div>
    </section>
  );
}

function rowOf(each: Revision, newest: boolean, back: (seq: number) => Promise<boolean>): RevisionRow {
  const { seq, exists, name } = each;
  return {
    seq,
    title: `${actionOf(each)} ${doorOf(each)}`,
    facts: (
      <>
        <span>{when(new Date(each.at), new Date())}</span>
        {each.by !== "" && <span>{each.by}</span>}
        <span>{exists ? bytes(each.size) : t("gone")}</span>
        {each.session !== "" && <a href={routeHash(toSession(each.session))}>{t("the conversation")}</a>}
      </>
    ),
    text: exists ? async () => (await revision(name, seq)).text : null,
    onBack: exists && !newest ? () => void back(seq) : null,
  };
}
