import { rich, t, when } from "@starpod/page";
import type { Overview } from "./protocol";
import { noticeWords } from "./state";

/** What the monitor has found out, or how it is switched on. */
export function Notices({ of: { monitored, notices } }: { readonly of: Overview }) {
  return (
    <section aria-labelledby="monitor">
      <h2 id="monitor">{t("Looked after")}</h2>
      <p class="quiet">
        {monitored
          ? t(
              "The agent looks after what runs there: who gives no sign of life is started anew, and you are told when that does not help.",
            )
          : rich(
              "Nobody is started anew who gets stuck. {monitor} in the {settings} has the agent look after them.",
              {
                monitor: <code>instances.monitor</code>,
                settings: <a href="#/s/settings">{t("settings")}</a>,
              },
            )}
      </p>
      {notices.length > 0 && (
        <ol class="plain" aria-label={t("What the monitor has found out")}>
          {notices.map((each, at) => (
            <li key={`${each.at} ${at}`}>
              <span class="quiet">{when(new Date(each.at * 1000), new Date())}</span> {noticeWords(each)}
            </li>
          ))}
        </ol>
      )}
    </section>
  );
}
