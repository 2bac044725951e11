import { account, Outcome, routeHash, t, toSection, useAttempts } from "@starpod/page";
import { useEffect, useState } from "preact/hooks";
import { Profile } from "./Profile";
import type { User } from "./protocol";
import { addPerson, people } from "./state";

/** Everybody who has an account. */
export function People() {
  const [found, setFound] = useState<readonly User[] | null>(null);
  const [added, setAdded] = useState(0);
  const attempts = useAttempts();
  const attempt = (act: () => Promise<string>) =>
    attempts.attempt(async () => {
      const words = await act();
      setFound(await people());
      return words;
    });
  useEffect(() => void attempt(async () => ""), []);

  return (
    <>
      <Outcome of={attempts} />
      <Profile
        key={added}
        user={null}
        onSave={(id, given) =>
          void attempt(async () => {
            const user = await addPerson(id, given);
            setAdded((count) => count + 1);
            return t("{id} is added, and gets in with a key of their own.", { id: user.id });
          })
        }
      />
      <ul class="entries" aria-label={t("People")}>
        {found?.map((user) => (
          <Row key={user.id} user={user} />
        ))}
      </ul>
    </>
  );
}

function Row({ user }: { user: User }) {
  const facts = [
    ...(user.display_name === null ? [] : [user.id]),
    ...(user.email === null ? [] : [user.email]),
    ...(user.filesystem_enabled ? [t("sees files")] : []),
  ];
  return (
    <li class={user.is_active ? undefined : "over"}>
      <span class="entry-name">
        <a href={routeHash(toSection("account", "people", user.id))}>{user.display_name ?? user.id}</a>{" "}
        {user.role === "admin" && <small class="badge">{t("admin")}</small>}{" "}
        {user.id === account.value?.user_id && <small class="badge">{t("you")}</small>}{" "}
        {!user.is_active && <small class="badge">{t("not let in")}</small>}
      </span>
      <span class="entry-facts quiet">
        {facts.map((fact) => (
          <span key={fact}>{fact}</span>
        ))}
      </span>
    </li>
  );
}
