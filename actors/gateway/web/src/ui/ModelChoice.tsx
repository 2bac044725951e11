import type { Choice } from "../net/api";
import type { Session } from "../protocol";
import { useApp } from "./context";

type Effort = NonNullable<Session["effort"]>;

const EFFORTS: Readonly<Record<Effort, string>> = { low: "Low", medium: "Medium", high: "High" };

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
          aria-label="Model"
          value={model === default_model ? "" : (model ?? "")}
          onChange={({ currentTarget: { value } }) => {
            const chosen = value === "" ? null : value;
            choose({ model: chosen, effort: thinks(chosen) ? effort : null });
          }}
        >
          <option value="">{default_model ?? "Default model"}</option>
          {others.map((each) => (
            <option key={each} value={each}>
              {each}
            </option>
          ))}
          {model !== null && !models.includes(model) && (
            <option value={model}>{`Not offered any more: ${model}`}</option>
          )}
        </select>
      )}
      {thinks(model) && (
        <select
          class="model effort"
          aria-label="Effort"
          value={effort ?? ""}
          onChange={({ currentTarget: { value } }) =>
            choose({ model, effort: value === "" ? null : (value as Effort) })
          }
        >
          <option value="">Usual effort</option>
          {Object.entries(EFFORTS).map(([name, title]) => (
            <option key={name} value={name}>
              {title} effort
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
    const why = `${session.model} was chosen for this conversation and is not offered any more: the usual model answers`;
    return (
      <span class="chosen-model cut" title={why}>
        <s>{session.model.replace(/^[^/]*\//, "")}</s>
        <span class="sr-only"> is not offered any more</span>
      </span>
    );
  }
  const effort = session.effort === null ? null : `${EFFORTS[session.effort].toLowerCase()} effort`;
  const words = (name: string | null) => [name, effort].filter((each) => each !== null).join(" · ");
  return (
    <span class="chosen-model cut" title={`Chosen for this conversation: ${words(session.model)}`}>
      {words(session.model?.replace(/^[^/]*\//, "") ?? null)}
    </span>
  );
}
