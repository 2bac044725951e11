import { account, dated, Outcome, Sure, t, TextButton, useAttempts } from "@starpod/page";
import { useEffect, useState } from "preact/hooks";
import type { Pairing } from "./protocol";
import { accept, nameOf, pairings, people, refuse } from "./state";

/** Milliseconds between two looks at who asks. */
const LOOK = 5000;

/** Accounts that have written and are not known, each with the code that the bot has told them. */
export function Pairings() {
  const [found, setFound] = useState<readonly Pairing[]>([]);
  const [users, setUsers] = useState<readonly string[]>([]);
  const attempts = useAttempts();
  const look = async () => setFound(await pairings());
  const attempt = (act: () => Promise<string>) =>
    attempts.attempt(async () => {
      const words = await act();
      await look();
      return words;
    });
  useEffect(() => {
    void attempt(async () => {
      setUsers(await people());
      return "";
    });
    const timer = setInterval(() => void look().catch(() => undefined), LOOK);
    return () => clearInterval(timer);
  }, []);
  return (
    <section aria-labelledby="pairings">
      <h2 id="pairings">{t("Asking to be let in")}</h2>
      <Outcome of={attempts} />
      {found.length === 0 ? (
        <p class="quiet">
          {t(
            "Nobody. Whoever writes to the bot and is not known is told a code, and stands here for an hour.",
          )}
        </p>
      ) : (
        <p class="quiet">
          {t("Let in only whom you know, and who tells you the code: names can be anybody’s.")}
        </p>
      )}
      <ul class="entries" aria-label={t("Asking to be let in")}>
        {found.map((each) => (
          <Row
            key={each.code}
            of={each}
            users={users}
            onAccept={(user) =>
              void attempt(async () => {
                await accept(each, user);
                return t("{name} now speaks for {user}.", { name: nameOf(each), user });
              })
            }
            onRefuse={() =>
              void attempt(async () => {
                await refuse(each);
                return t("The code is void.");
              })
            }
          />
        ))}
      </ul>
    </section>
  );
}

interface RowProps {
  readonly of: Pairing;
  readonly users: readonly string[];
  readonly onAccept: (user: string) => void;
  readonly onRefuse: () => void;
}

function Row({ of: each, users, onAccept, onRefuse }: RowProps) {
  const [chosen, setChosen] = useState(account.value?.user_id ?? "");
  return (
    <li>
      <span class="entry-name" dir="auto">
        {nameOf(each)}
      </span>
      <span class="entry-facts quiet">
        <code>{each.code}</code>
        <span>{t("asked {when}", { when: dated(new Date(each.asked_at), new Date()) })}</span>
      </span>
      <span class="buttons">
        <label>
          <span class="sr-only">{t("Speaks for")}</span>
          <select value={chosen} onChange={(event) => setChosen(event.currentTarget.value)}>
            {users.map((user) => (
              <option key={user} value={user}>
                {user}
              </option>
            ))}
          </select>
        </label>
        <TextButton onClick={() => onAccept(chosen)}>
          {t("Let in")}
          <span class="sr-only">: {nameOf(each)}</span>
        </TextButton>
        <Sure sure={t("Do not let in")} onSure={onRefuse}>
          {t("Refuse")}
          <span class="sr-only">: {nameOf(each)}</span>
        </Sure>
      </span>
    </li>
  );
}
