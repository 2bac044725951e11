import {
  dated,
  Outcome,
  rich,
  routeHash,
  Sure,
  t,
  titleOf,
  toSession,
  useApp,
  useAttempts,
  visible,
  type Grant,
} from "@starpod/page";
import { useEffect, useState } from "preact/hooks";
import { grants, revoke } from "./state";

/** What was allowed beyond single calls, and taking it back. */
export function Granted() {
  const { approvals } = useApp();
  const [found, setFound] = useState<readonly Grant[] | null>(null);
  const attempts = useAttempts();
  const attempt = (act: () => Promise<string>) =>
    attempts.attempt(async () => {
      const words = await act();
      setFound(await grants());
      return words;
    });
  // An answer may have granted something.
  useEffect(() => void attempt(async () => ""), [approvals.waiting.value.length]);
  return (
    <section aria-labelledby="granted">
      <h2 id="granted">{t("Granted")}</h2>
      <p class="quiet">{t("What you have allowed beyond single calls. Nobody asks about it any more.")}</p>
      <Outcome of={attempts} />
      {found?.length === 0 && <p>{t("Nothing.")}</p>}
      <ul class="entries" aria-label={t("Granted")}>
        {found?.map((grant) => (
          <li key={grant.id}>
            <span class="entry-name mono">
              {grant.tool} {visible(grant.pattern)}
            </span>
            <span class="entry-facts quiet">
              <Where grant={grant} />
              <span>
                {grant.outside
                  ? t("also where words of others were read")
                  : t("not where words of others were read")}
              </span>
              <span>{t("since {when}", { when: dated(new Date(grant.at), new Date()) })}</span>
            </span>
            <Sure
              sure={t("Ask again from now on")}
              onSure={() =>
                void attempt(async () => {
                  await revoke(grant);
                  return t("It is asked about again.");
                })
              }
            >
              {t("Revoke")}
              <span class="sr-only">
                {" "}
                {grant.tool} {grant.pattern}
              </span>
            </Sure>
          </li>
        ))}
      </ul>
    </section>
  );
}

function Where({ grant: { session_id: id } }: { grant: Grant }) {
  const { sessions } = useApp();
  if (id === null) return <span>{t("everywhere")}</span>;
  const session = sessions.get(id);
  return (
    <span>
      {rich("only in {place}", {
        place: (
          <a href={routeHash(toSession(id))}>
            {session === undefined ? t("one conversation") : titleOf(session)}
          </a>
        ),
      })}
    </span>
  );
}
