import { account, Outcome, Sure, TextButton, useAttempts } from "@starpod/page";
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
      () => (active ? `${id} is let in again.` : `${id} is let in no more.`),
    );
  return (
    <>
      <Outcome of={attempts} />
      <Profile
        user={user}
        onSave={(_, given) =>
          void attempt(
            () => change(id, given),
            () => "Saved.",
          )
        }
      />
      {id !== account.value?.user_id && (
        <p class="self">
          <span class="quiet">
            {user.is_active ? `${id} is let in.` : `${id} is not let in, whatever they show.`}
          </span>
          {user.is_active ? (
            <Sure sure={`Let ${id} in no more`} onSure={() => admit(false)}>
              Deactivate
            </Sure>
          ) : (
            <TextButton onClick={() => admit(true)}>Activate</TextButton>
          )}
        </p>
      )}
      <Keys person={id} />
    </>
  );
}
