import { rich, t } from "@starpod/page";
import { useEffect, useState } from "preact/hooks";
import { Command } from "./Command";
import type { Instance, WayIn } from "./protocol";
import { wayIn } from "./state";

/** How a shell is opened where an instance runs: a command for a terminal. */
export function Way({ of: { id } }: { readonly of: Instance }) {
  const [way, setWay] = useState<WayIn | string | null>(null);
  useEffect(() => {
    wayIn(id).then(setWay, (error: unknown) =>
      setWay(String(error instanceof Error ? error.message : error)),
    );
  }, [id]);
  return (
    <section aria-label={t("Shell")}>
      <h2>{t("Shell")}</h2>
      {typeof way === "string" && <p role="status">{way}</p>}
      {way !== null && typeof way !== "string" && (
        <>
          <Command text={way.command} label={t("Copy the command for a shell")} />
          {way.ssh !== null && <Command text={way.ssh} label={t("Copy the command of the native client")} />}
          <p class="quiet">
            {way.folder === null
              ? t("In a terminal whose owner is logged in at the backend.")
              : rich("There is no SSH server: on the machine of the host this opens a shell in {folder}.", {
                  folder: <code>{way.folder}</code>,
                })}
          </p>
        </>
      )}
    </section>
  );
}
