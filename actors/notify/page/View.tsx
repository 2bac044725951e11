import { Outcome, t, useAttempts } from "@starpod/page";
import { useEffect, useState } from "preact/hooks";
import { Browsers } from "./Browsers";
import { Channels } from "./Channels";
import { Mute } from "./Mute";
import type { Preferences } from "./protocol";
import { Quiet } from "./Quiet";
import { preferences, prefer, type Change } from "./state";
import { Undelivered } from "./Undelivered";

/** How one is told what one has not asked for, and what has not arrived. */
export default function View() {
  const [found, setFound] = useState<Preferences | null>(null);
  const attempts = useAttempts();
  useEffect(() => {
    void attempts.attempt(async () => {
      setFound(await preferences());
      return "";
    });
  }, []);
  const change = (given: Change, words: string) =>
    attempts.attempt(async () => {
      setFound(await prefer(given));
      return words;
    });

  return (
    <div class="desk notify" role="region" aria-label={t("Notifications")} tabIndex={0}>
      <Undelivered />
      <p class="quiet">
        {t(
          "What the agent has to say unasked, such as what a scheduled job has found, reaches you by the ways below. The page shows it in any case.",
        )}
      </p>
      <Outcome of={attempts} />
      {found !== null && (
        <>
          <Mute of={found} onChange={change} />
          <Quiet of={found} onChange={change} />
          <Channels of={found} onChange={change} />
        </>
      )}
      <Browsers />
    </div>
  );
}
