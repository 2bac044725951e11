import { account, Outcome, Sure, t, TextButton, useAttempts } from "@starpod/page";
import { useEffect, useState } from "preact/hooks";
import { Keys } from "./Keys";
import { Profile } from "./Profile";
import type { User } from "./protocol";
import { change, letIn, person } from "./state";

/** One account: what it is, whether it is let in, and its keys. */
export function Person({ id }: { id: string }) {
  const [user, setUser] = useState<User | null>(null);
  const attempts = useAttempts();
  const attempt = (ask: () => Promise<User>, words: (user: User) => string) =>
    attempts.attempt(async () => {
      const found = await ask();
      setUser(found);
      return words(found);
    });
  useEffect(() => {
    void attempt(
      () => person(id),
      () => "",
    );
  }, []);

  if (user === null) return <Outcome of={attempts} />;
  const admit = (active: boolean) =>
    void attempt(
      () => letIn(user, active),
      () => (active ? t("{id} is let in again.", { id }) : t("{id} is let in no more.", { id })),
    );
  return (
    <>
      <Outcome of={attempts} />
      <Profile
        user={user}
        onSave={(_, given) =>
          void attempt(
            () => change(id, given),
            () => t("Saved."),
          )
        }
      />
      {id !== account.value?.user_id && (
        <p class="self">
          <span class="quiet">
            {user.is_active
              ? t("{id} is let in.", { id })
              : t("{id} is not let in, whatever they show.", { id })}
          </span>
          {user.is_active ? (
            <Sure sure={t("Let {id} in no more", { id })} onSure={() => admit(false)}>
              {t("Deactivate")}
            </Sure>
          ) : (
            <TextButton onClick={() => admit(true)}>{t("Activate")}</TextButton>
          )}
        </p>
      )}
      <Keys person={id} />
    </>
  );
}
