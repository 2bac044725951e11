import { account, dated, Outcome, push, Sure, t, useAttempts } from "@starpod/page";
import { useEffect, useState } from "preact/hooks";
import type { Subscription } from "./protocol";
import { subscriptions, unsubscribe } from "./state";

/** Browsers that show notifications, this one perhaps among them. */
export function Browsers() {
  const [found, setFound] = useState<readonly Subscription[] | null>(null);
  const [busy, setBusy] = useState(false);
  const attempts = useAttempts();
  const attempt = async (act: () => Promise<string>) => {
    setBusy(true);
    await attempts.attempt(async () => {
      const words = await act();
      setFound(await subscriptions());
      return words;
    });
    setBusy(false);
  };
  useEffect(() => void attempt(async () => ""), []);
  const enable = () =>
    attempt(async () => {
      await push.enable();
      return t("This browser shows notifications.");
    });
  const remove = (each: Subscription) =>
    attempt(async () => {
      await unsubscribe(each);
      if (isHere(each)) await push.disable();
      return t("It shows none any more.");
    });

  const why = push.whyNot();
  const on = found?.some(isHere) === true;
  return (
    <section aria-labelledby="browsers">
      <h2 id="browsers">{t("Browsers")}</h2>
      <p class="quiet">{why ?? t("A browser shows notifications also while the page is closed.")}</p>
      <Outcome of={attempts} />
      {why === null && found !== null && !on && (
        <button type="button" class="primary" disabled={busy} onClick={() => void enable()}>
          {t("Show notifications in this browser")}
        </button>
      )}
      <ul class="entries" aria-label={t("Browsers")}>
        {found?.map((each) => (
          <li key={each.id}>
            <span class="entry-name">
              {each.page} {isHere(each) && <small class="badge">{t("this browser")}</small>}
            </span>
            <span class="entry-facts quiet">
              <span>{t("by {name}", { name: each.service })}</span>
              <span>{t("since {when}", { when: dated(new Date(each.created_at), new Date()) })}</span>
            </span>
            <Sure sure={t("Show none there any more")} onSure={() => void remove(each)}>
              {t("Remove")}
              <span class="sr-only"> {t("the browser at {page}", { page: each.page })}</span>
            </Sure>
          </li>
        ))}
      </ul>
    </section>
  );
}

/** A browser is signed in once, so it is known by that. */
const isHere = ({ device }: Subscription) => device !== "" && device === account.value?.credential;
