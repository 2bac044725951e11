import { t, TextButton } from "@starpod/page";
import type { Hook } from "./protocol";
import { isSwitched, occasion, stateWords } from "./state";

interface HooksProps {
  readonly of: readonly Hook[];
  readonly onSwitch: (name: string, on: boolean) => void;
}

/** The hooks there are, in the order in which they are called. */
export function Hooks({ of, onSwitch }: HooksProps) {
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
              {isSwitched(hook) && (
                <TextButton onClick={() => onSwitch(hook.name, hook.disabled)}>
                  {hook.disabled ? t("Switch on") : t("Switch off")}
                  <span class="sr-only">: {hook.name}</span>
                </TextButton>
              )}
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}
