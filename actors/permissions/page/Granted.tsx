import {
  dated,
  Outcome,
  routeHash,
  Sure,
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
      <h2 id="granted">Granted</h2>
      <p class="quiet">What you have allowed beyond single calls. Nobody asks about it any more.</p>
      <Outcome of={attempts} />
      {found?.length === 0 && <p>Nothing.</p>}
      <ul class="entries" aria-label="Granted">
        {found?.map((grant) => (
          <li key={grant.id}>
            <span class="entry-name mono">
              {grant.tool} {visible(grant.pattern)}
            </span>
            <span class="entry-facts quiet">
              <Where grant={grant} />
              <span>{grant.outside ? "also" : "not"} where words of others were read</span>
              <span>since {dated(new Date(grant.at), new Date())}</span>
            </span>
            <Sure
              sure="Ask again from now on"
              onSure={() =>
                void attempt(async () => {
                  await revoke(grant);
                  return "It is asked about again.";
                })
              }
            >
              Revoke
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
  if (id === null) return <span>everywhere</span>;
  const session = sessions.get(id);
  return (
    <span>
      only in{" "}
      <a href={routeHash(toSession(id))}>{session === undefined ? "one conversation" : titleOf(session)}</a>
    </span>
  );
}
