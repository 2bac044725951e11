import { bytes, routeHash, Sure, TextButton, toSession, when } from "@starpod/page";
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

  const back = ({ seq }: Revision) =>
    attempt(async () => {
      const { done } = await revert(name, seq);
      return done;
    });
  const clear = () =>
    attempt(async () => {
      const { revisions } = await purge(name);
      return `What it was ${revisions} times is gone for good.`;
    });
  return (
    <section aria-labelledby="history">
      <h2 id="history">History</h2>
      <ol class="entries" aria-label="Changes, the newest first">
        {found.map((each, index) => (
          <Row key={each.seq} of={each} newest={index === 0} onBack={() => void back(each)} />
        ))}
      </ol>
      <div class="buttons">
        <Sure sure="Purge for good" onSure={() => void clear()}>
          Purge the history
        </Sure>
      </div>
    </section>
  );
}

function Row({ of, newest, onBack }: { of: Revision; newest: boolean; onBack: () => void }) {
  const [text, setText] = useState<string | null>(null);
  const show = async () => {
    try {
      setText((await revision(of.name, of.seq)).text);
    } catch (error) {
      setText(error instanceof Error ? error.message : String(error));
    }
  };
  return (
    <li>
      <span class="entry-name">
        {actionOf(of)} {doorOf(of)}
      </span>
      <span class="entry-facts quiet">
        <span>{when(new Date(of.at), new Date())}</span>
        {of.by !== "" && <span>{of.by}</span>}
        <span>{of.exists ? bytes(of.size) : "gone"}</span>
        {of.session !== "" && <a href={routeHash(toSession(of.session))}>the conversation</a>}
      </span>
      <span class="buttons">
        {of.exists && (
          <TextButton onClick={() => (text === null ? void show() : setText(null))}>
            {text === null ? "Show it" : "Hide it"}
          </TextButton>
        )}
        {!newest && of.exists && (
          <Sure sure="Bring it back" onSure={onBack}>
            Bring back
          </Sure>
        )}
      </span>
      {text !== null && (
        <pre class="note" tabIndex={0} aria-label="The note as it was">
          {text}
        </pre>
      )}
    </li>
  );
}
