import { ApprovalCard, dated, rich, routeHash, t, titleOf, toSession, useApp } from "@starpod/page";

/** Everything that waits for an answer, in whichever conversation. */
export function Waiting() {
  const { approvals, sessions } = useApp();
  const waiting = approvals.waiting.value;
  return (
    <section aria-labelledby="waiting">
      <h2 id="waiting">{t("Waiting for your answer")}</h2>
      {waiting.length === 0 && <p class="quiet">{t("Nothing waits.")}</p>}
      <ul class="waiting" aria-label={t("Waiting for your answer")}>
        {waiting.map((approval) => {
          const session = sessions.get(approval.session_id);
          return (
            <li key={approval.id}>
              <p class="quiet">
                {rich("In {place}, since {when}", {
                  place: (
                    <a href={routeHash(toSession(approval.session_id))}>
                      {session === undefined ? t("another conversation") : titleOf(session)}
                    </a>
                  ),
                  when: dated(new Date(approval.asked_at), new Date()),
                })}
              </p>
              <ApprovalCard approval={approval} />
            </li>
          );
        })}
      </ul>
    </section>
  );
}
