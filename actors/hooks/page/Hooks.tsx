import { t } from "@starpod/page";
import type { Hook } from "./protocol";
import { occasion, stateWords } from "./state";

/** The hooks there are, in the order in which they are called. */
export function Hooks({ of }: { readonly of: readonly Hook[] }) {
  return (
    <section aria-labelledby="which">
      <h2 id="which">{t("Which there are")}</h2>
      {of.length === 0 ? (
        <p class="quiet">{t("None yet.")}</p>
      ) : (
        <ul class="hooks-list" aria-label={t("Hooks")}>
          {of.map((hook) => (
            <li key={`${hook.path} ${hook.name}`}>
              <p>
                <b>{hook.name}</b> <span class="quiet">{occasion(hook)}</span>
              </p>
              <p class={hook.state === "broken" || hook.state === "tripped" ? "fault" : "quiet"}>
                {stateWords(hook)}
                {hook.why !== "" && `: ${hook.why}`}.
              </p>
              {hook.command !== null && <code>{hook.command}</code>}
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}
