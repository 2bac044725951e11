import { t, TextButton } from "@starpod/page";
import { useEffect, useState } from "preact/hooks";
import type { PartProps } from "./Mute";

/** Hours in which one is told nothing yet. */
export function Quiet({ of, onChange }: PartProps) {
  const stored = [of.quiet_from ?? "", of.quiet_to ?? ""] as const;
  const [from, setFrom] = useState(stored[0]);
  const [to, setTo] = useState(stored[1]);
  useEffect(() => {
    setFrom(stored[0]);
    setTo(stored[1]);
  }, stored);
  const isSet = stored[0] !== "" && stored[1] !== "";
  const submit = () =>
    onChange({ quiet_from: from, quiet_to: to }, t("Quiet from {from} to {to}.", { from, to }));
  const clear = () => onChange({ quiet_from: null, quiet_to: null }, t("There are no quiet hours any more."));
  return (
    <section aria-labelledby="quiet">
      <h2 id="quiet">{t("Quiet hours")}</h2>
      <p class="quiet">
        {t("What comes in them is told when they end. Times are those of {timezone}, where the agent is.", {
          timezone: of.timezone,
        })}
      </p>
      <form
        class="fields"
        onSubmit={(event) => {
          event.preventDefault();
          void submit();
        }}
      >
        <label>
          {t("From")}
          <input type="time" required value={from} onInput={(event) => setFrom(event.currentTarget.value)} />
        </label>
        <label>
          {t("To")}
          <input type="time" required value={to} onInput={(event) => setTo(event.currentTarget.value)} />
        </label>
        <button type="submit" class="primary" disabled={from === stored[0] && to === stored[1]}>
          {t("Save")}
        </button>
        {isSet && (
          <div class="buttons">
            <TextButton onClick={() => void clear()}>{t("No quiet hours")}</TextButton>
          </div>
        )}
      </form>
    </section>
  );
}
