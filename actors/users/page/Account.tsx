import { Appearance, Outcome, rich, Sure, t, useApp, useAttempts } from "@starpod/page";
import { useEffect, useState } from "preact/hooks";
import { Devices } from "./Devices";
import { Keys } from "./Keys";
import { self, type Self } from "./state";

/** Who is signed in here, with which keys and devices. */
export function Account() {
  const app = useApp();
  const [me, setMe] = useState<Self | null>(null);
  const attempts = useAttempts();
  useEffect(() => {
    void attempts.attempt(async () => {
      setMe(await self());
      return "";
    });
  }, []);
  const leave = () =>
    attempts.attempt(async () => {
      await app.signOut();
      return "";
    });

  return (
    <>
      <div class="self">
        <p>{me !== null && <Name of={me} />}</p>
        <Sure sure={t("Sign out; what is unsent is forgotten")} onSure={() => void leave()}>
          {t("Sign out")}
        </Sure>
      </div>
      <Outcome of={attempts} />
      <Keys person={null} />
      <Devices />
      <section aria-labelledby="appearance">
        <h2 id="appearance">{t("Appearance")}</h2>
        <Appearance />
      </section>
    </>
  );
}

function Name({ of: { id, display_name: name, role } }: { of: Self }) {
  const also = name !== null && name.toLowerCase() !== id.toLowerCase() && ` (${id})`;
  return (
    <>
      {rich("Signed in as {name}", { name: <b>{name ?? id}</b> })}
      {also} {role === "admin" && <small class="badge">{t("admin")}</small>}
    </>
  );
}
