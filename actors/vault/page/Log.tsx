import { t, when } from "@starpod/page";
import { useEffect, useState } from "preact/hooks";
import type { Access } from "./protocol";
import { accesses } from "./state";

const WORDS: Record<Access["action"], () => string> = {
  set: () => t("kept"),
  read: () => t("used"),
  unreadable: () => t("could not be read"),
  reveal: () => t("shown to the operator"),
  hosts: () => t("may be sent to"),
  delete: () => t("deleted"),
  rotate: () => t("new master key"),
};

/** Who looked at secrets and changed them, once somebody wants to know. */
export function Log({ changes }: { changes: number }) {
  const [open, setOpen] = useState(false);
  const [found, setFound] = useState<readonly Access[]>([]);
  useEffect(() => {
    if (open) accesses().then(setFound, () => setFound([]));
  }, [open, changes]);
  return (
    <details class="vault-log" onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>{t("Who used and changed them")}</summary>
      <ol>
        {found.map((access) => (
          <li key={access.id}>
            <span class="quiet">{when(new Date(access.at), new Date())}</span>
            <span>
              <b>{access.name}</b> {WORDS[access.action]()}
              {access.why !== "" && `: ${access.why}`}
            </span>
            <span class="quiet">{access.user === "" ? t("the agent") : access.user}</span>
          </li>
        ))}
      </ol>
    </details>
  );
}
