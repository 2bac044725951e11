import {
  account,
  countUndelivered,
  dated,
  Outcome,
  routeHash,
  Sure,
  t,
  TextButton,
  toSession,
  useApp,
  useAttempts,
} from "@starpod/page";
import { useEffect, useState } from "preact/hooks";
import type { Delivery } from "./protocol";
import { channelName, drop, retry, stateWords, undeliveredOnes } from "./state";

/** What could not be delivered: one's own, and for an admin everybody's. */
export function Undelivered() {
  const [found, setFound] = useState<readonly Delivery[]>([]);
  const attempts = useAttempts();
  const look = async () => {
    setFound(await undeliveredOnes());
    void countUndelivered();
  };
  const attempt = (act: () => Promise<string>) =>
    attempts.attempt(async () => {
      const words = await act();
      await look();
      return words;
    });
  const app = useApp();
  useEffect(() => {
    void attempt(async () => "");
    return app.onNotification(({ source }) => void (source === "outbox" && look().catch(() => undefined)));
  }, [app]);
  if (found.length === 0 && attempts.problem === null && attempts.said === "") return null;
  return (
    <section class="undelivered" aria-labelledby="undelivered">
      <h2 id="undelivered">{t("Not delivered")}</h2>
      <Outcome of={attempts} />
      <ul class="entries" aria-label={t("Not delivered")}>
        {found.map((each) => (
          <Row
            key={each.id}
            of={each}
            onRetry={() =>
              void attempt(async () => {
                await retry(each);
                return t("It is sent again.");
              })
            }
            onDrop={() =>
              void attempt(async () => {
                await drop(each);
                return t("It is not sent any more.");
              })
            }
          />
        ))}
      </ul>
    </section>
  );
}

interface RowProps {
  readonly of: Delivery;
  readonly onRetry: () => void;
  readonly onDrop: () => void;
}

function Row({ of: each, onRetry, onDrop }: RowProps) {
  const mine = each.user_id === account.value?.user_id;
  const name = each.text === "" ? t("A message for {name}", { name: each.user_id }) : each.text;
  return (
    <li>
      <span class="entry-name" dir="auto">
        {mine && each.session !== null ? <a href={routeHash(toSession(each.session))}>{name}</a> : name}
      </span>
      <span class="entry-facts quiet">
        <span>{t("to {channel}", { channel: channelName(each.channel) })}</span>
        <span>{stateWords(each)}</span>
        <span>{dated(new Date(each.created_at), new Date())}</span>
        {each.reason !== null && <span class="why">{each.reason}</span>}
      </span>
      <span class="buttons">
        <TextButton onClick={onRetry}>
          {t("Send again")}
          <span class="sr-only">: {name}</span>
        </TextButton>
        <Sure sure={t("Do not send it")} onSure={onDrop}>
          {t("Drop")}
          <span class="sr-only">: {name}</span>
        </Sure>
      </span>
    </li>
  );
}
