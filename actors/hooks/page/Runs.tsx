import { t, when } from "@starpod/page";
import type { Run } from "./protocol";
import { isFault, resultWords, tookWords } from "./state";

/** What came of hooks lately, the newest first. */
export function Runs({ of }: { readonly of: readonly Run[] }) {
  return (
    <section aria-labelledby="lately">
      <h2 id="lately">{t("What came of them")}</h2>
      {of.length === 0 ? (
        <p class="quiet">{t("None was called yet.")}</p>
      ) : (
        <ol class="hooks-runs" aria-label={t("Calls of hooks")}>
          {of.map((run, n) => (
            <li key={`${run.at} ${n}`}>
              <p>
                <b>{run.hook === "" ? t("of the program") : run.hook}</b>{" "}
                <span class={isFault(run) ? "fault" : undefined}>{resultWords(run)}</span>
                {run.detail !== "" && `: ${run.detail}`}
              </p>
              <p class="quiet">
                <code>{run.event}</code>
                {run.tool !== "" && ` ${t("of {name}", { name: run.tool })}`},{" "}
                {when(new Date(run.at), new Date())}, {tookWords(run)}
              </p>
              {run.stderr !== "" && <pre>{run.stderr}</pre>}
            </li>
          ))}
        </ol>
      )}
    </section>
  );
}
