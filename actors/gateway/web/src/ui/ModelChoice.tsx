import { t } from "../language/texts";
import type { Choice } from "../net/api";
import type { Session } from "../protocol";
import { useApp } from "./context";

type Effort = NonNullable<Session["effort"]>;

const EFFORTS: Readonly<Record<Effort, () => string>> = {
  low: () => t("Low effort"),
  medium: () => t("Medium effort"),
  high: () => t("High effort"),
};

/** Which model answers here, and how much it thinks where it can be told. */
export function ModelChoice() {
  const app = useApp();
  const { models, default_model, thinking_models } = app.daemon.config.value;
  const { model, effort } = app.open.choice.value;
  const thinks = (name: string | null) => thinking_models.includes(name ?? default_model ?? "");
  const choose = (choice: Choice) => void app.open.choose(choice);
  const others = models.filter((each) => each !== default_model);
  return (
    <>
      {(models.length > 1 || (model !== null && !models.includes(model))) && (
        <select
          class="model"
          aria-label={t("Model")}
          value={model === default_model ? "" : (model ?? "")}
          onChange={({ currentTarget: { value } }) => {
            const chosen = value === "" ? null : value;
            choose({ model: chosen, effort: thinks(chosen) ? effort : null });
          }}
        >
          <option value="">{default_model ?? t("Default model")}</option>
          {others.map((each) => (
            <option key={each} value={each}>
              {each}
            </option>
          ))}
          {model !== null && !models.includes(model) && (
            <option value={model}>{t("Not offered any more: {model}", { model })}</option>
          )}
        </select>
      )}
      {thinks(model) && (
        <select
          class="model effort"
          aria-label={t("Effort")}
          value={effort ?? ""}
          onChange={({ currentTarget: { value } }) =>
            choose({ model, effort: value === "" ? null : (value as Effort) })
          }
        >
          <option value="">{t("Usual effort")}</option>
          {Object.entries(EFFORTS).map(([name, title]) => (
            <option key={name} value={name}>
              {title()}
            </option>
          ))}
        </select>
      )}
    </>
  );
}

/** What was chosen for the open conversation; nothing where it goes by the settings. */
export function ChosenModel() {
  const app = useApp();
  const session = app.open.session.value;
  if (session === undefined || (session.model === null && session.effort === null)) return null;
  const { models } = app.daemon.config.value;
  if (session.model !== null && models.length > 0 && !models.includes(session.model)) {
    const why = t(
      "{model} was chosen for this conversation and is not offered any more: the usual model answers",
      { model: session.model },
    );
    return (
      <span class="chosen-model cut" title={why}>
        <s>{session.model.replace(/^[^/]*\//, "")}</s>
        <span class="sr-only"> {t("is not offered any more")}</span>
      </span>
    );
  }
  const effort = session.effort === null ? null : EFFORTS[session.effort]();
  const words = (name: string | null) => [name, effort].filter((each) => each !== null).join(" · ");
  return (
    <span
      class="chosen-model cut"
      title={t("Chosen for this conversation: {model}", { model: words(session.model) })}
    >
      {words(session.model?.replace(/^[^/]*\//, "") ?? null)}
    </span>
  );
}
