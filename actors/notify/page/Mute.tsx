import { t, TextButton, useNow } from "@starpod/page";
import { useEffect, useState } from "preact/hooks";
import type { Preferences } from "./protocol";
import { MUTES, muteFor, mutedWords, type Change } from "./state";

export interface PartProps {
  readonly of: Preferences;
  /** Stores a change and says so. Returns whether it was done. */
  readonly onChange: (given: Change, words: string) => Promise<boolean>;
}

/** Being told nothing for a while. */
export function Mute({ of, onChange }: PartProps) {
  const [chosen, setChosen] = useState(0);
  const now = new Date(useNow(of.muted));
  const over = of.muted_until !== null && new Date(of.muted_until) <= now;
  useEffect(() => setChosen(0), [of.muted]);
  if (of.muted && !over) {
    return (
      <section aria-labelledby="mute">
        <h2 id="mute">{t("Mute")}</h2>
        <p>{mutedWords(of, now)}</p>
        <div class="buttons">
          <TextButton onClick={() => void onChange({ muted: false }, t("You are told again."))}>
            {t("Unmute")}
          </TextButton>
        </div>
      </section>
    );
  }
  const submit = () =>
    onChange(muteFor(MUTES[chosen]?.[0] ?? null, new Date()), t("You are told nothing for now."));
  return (
    <section aria-labelledby="mute">
      <h2 id="mute">{t("Mute")}</h2>
      <p class="quiet">{t("What comes meanwhile is not told later; it is in the page.")}</p>
      <form
        class="fields"
        onSubmit={(event) => {
          event.preventDefault();
          void submit();
        }}
      >
        <label>
          {t("For")}
          <select value={chosen} onChange={(event) => setChosen(Number(event.currentTarget.value))}>
            {MUTES.map(([, words], index) => (
              <option key={index} value={index}>
                {words()}
              </option>
            ))}
          </select>
        </label>
        <button type="submit" class="primary">
          {t("Mute")}
        </button>
      </form>
    </section>
  );
}
