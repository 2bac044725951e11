import { Revisions, routeHash, t, toSession, when, type RevisionRow } from "@starpod/page";
import { useEffect, useState } from "preact/hooks";
import type { Revision } from "./protocol";
import { actionOf, history, revert, revision, type Address } from "./state";

interface HistoryProps {
  readonly of: Address;
  /** Grows with every change, so that one looks again. */
  readonly changes: number;
  /** Whether whoever looks may bring one back. */
  readonly changeable: boolean;
  readonly attempt: (act: () => Promise<string>) => Promise<boolean>;
}

/** What a skill was, and the way back. */
export function History({ of, changes, changeable, attempt }: HistoryProps) {
  const [found, setFound] = useState<readonly Revision[]>([]);
  useEffect(() => {
    let current = true;
    // One that was never changed through us has none.
    history(of).then(
      (revisions) => current && setFound(revisions),
      () => current && setFound([]),
    );
    return () => {
      current = false;
    };
  }, [changes]);
  if (found.length === 0) return null;

  const rowOf = (each: Revision, index: number): RevisionRow => {
    const there = each.action !== "delete";
    const back = () =>
      attempt(async () => {
        await revert(of, each.seq);
        return t("Brought back.");
      });
    return {
      seq: each.seq,
      title: actionOf(each),
      facts: (
        <>
          <span>{when(new Date(each.at), new Date())}</span>
          {each.by !== "" && <span>{each.by}</span>}
          {each.source !== null && <span>{t("from {source}", { source: each.source })}</span>}
          {each.session !== null && <a href={routeHash(toSession(each.session))}>{t("the conversation")}</a>}
        </>
      ),
      text: there ? async () => (await revision(of, each.seq)).raw_content : null,
      onBack: there && changeable && index > 0 ? () => void back() : null,
    };
  };
  return (
    <section aria-labelledby="history">
      <h2 id="history">{t("History")}</h2>
      <Revisions rows={found.map(rowOf)} />
    </section>
  );
}
