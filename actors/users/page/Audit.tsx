import { Outcome, t, tag, TextButton, useAttempts, when } from "@starpod/page";
import { useEffect, useState } from "preact/hooks";
import type { AuditEntry } from "./protocol";
import { audit, AUDIT_ROWS, eventName, shortened } from "./state";

/** Who changed what, newest first. */
export function Audit() {
  const [found, setFound] = useState<readonly AuditEntry[] | null>(null);
  const [more, setMore] = useState(false);
  const attempts = useAttempts();
  const read = () =>
    attempts.attempt(async () => {
      const older = await audit(found?.at(-1)?.id ?? null);
      setFound([...(found ?? []), ...older]);
      setMore(older.length === AUDIT_ROWS);
      return "";
    });
  useEffect(() => void read(), []);

  return (
    <>
      <Outcome of={attempts} />
      <ol class="audit" aria-label={t("Audit log, newest first")}>
        {found?.map((entry) => (
          <Row key={entry.id} entry={entry} />
        ))}
      </ol>
      {more && <TextButton onClick={() => void read()}>{t("Show more")}</TextButton>}
    </>
  );
}

function Row({ entry }: { entry: AuditEntry }) {
  const at = new Date(entry.at);
  const about = entry.subject === "" || entry.subject === entry.user ? "" : entry.subject;
  return (
    <li>
      <time class="quiet" dateTime={entry.at} title={at.toLocaleString(tag())}>
        {when(at, new Date())}
      </time>
      <span title={entry.detail}>
        <b>{eventName(entry.event)}</b>
        {[about, shortened(entry.detail)].filter((text) => text !== "").map((text) => ` · ${text}`)}
      </span>
      <span class="quiet">
        {[entry.user === "" ? t("the agent") : entry.user, entry.proof, entry.address]
          .filter((text) => text !== "")
          .join(", ")}
      </span>
    </li>
  );
}
