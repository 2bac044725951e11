import { n, Outcome, rich, routeHash, t, toSection, useAttempts, useNow } from "@starpod/page";
import { useEffect, useState } from "preact/hooks";
import { Pairings } from "./Pairings";
import type { TelegramStatus } from "./protocol";
import { lastPoll, stateWords, status } from "./state";

/** Milliseconds between two looks at how the bot is. */
const LOOK = 5000;

/** How the bot is, and who asks to be let in. */
export default function View() {
  const [found, setFound] = useState<TelegramStatus | null>(null);
  const attempts = useAttempts();
  const now = new Date(useNow(found !== null));
  useEffect(() => {
    const look = async () => setFound(await status());
    void attempts.attempt(async () => {
      await look();
      return "";
    });
    const timer = setInterval(() => void look().catch(() => undefined), LOOK);
    return () => clearInterval(timer);
  }, []);
  return (
    <div class="desk" role="region" aria-label={t("Telegram")} tabIndex={0}>
      <Outcome of={attempts} />
      {found !== null && (
        <section aria-labelledby="bot">
          <h2 id="bot">{t("Bot")}</h2>
          <p>
            {stateWords(found)} {found.username !== null && <Bot name={found.username} />}
          </p>
          {found.state === "no_token" ? <HowTo /> : found.why !== null && <p class="quiet">{found.why}</p>}
          <p class="quiet">
            {lastPoll(found, now)}{" "}
            {found.waiting > 0 &&
              n(found.waiting, "{n} message is being taken up.", "{n} messages are being taken up.")}
          </p>
        </section>
      )}
      <Pairings />
    </div>
  );
}

function Bot({ name }: { readonly name: string }) {
  return (
    <>
      {t("People find it as")}{" "}
      <a href={`https://t.me/${encodeURIComponent(name)}`} rel="noreferrer noopener" target="_blank">
        @{name}
      </a>
      .
    </>
  );
}

function HowTo() {
  return (
    <p class="quiet">
      {rich(
        "Write to {father} on Telegram to make one, then keep its token as {name} among {secrets}. It is used at once.",
        {
          father: <b>@BotFather</b>,
          name: <code>TELEGRAM_BOT_TOKEN</code>,
          secrets: <a href={routeHash(toSection("secrets"))}>{t("the secrets")}</a>,
        },
      )}
    </p>
  );
}
