import { account, Outcome, Sure, t, useAttempts } from "@starpod/page";
import { useEffect, useState } from "preact/hooks";
import type { Device } from "./protocol";
import { deviceFacts, devices, isGood, signOut } from "./state";

/** Browsers that are signed in as oneself. */
export function Devices() {
  const [found, setFound] = useState<readonly Device[] | null>(null);
  const attempts = useAttempts();
  const attempt = (act: () => Promise<string>) =>
    attempts.attempt(async () => {
      const words = await act();
      setFound(await devices());
      return words;
    });
  useEffect(() => void attempt(async () => ""), []);
  const end = (device: Device) =>
    attempt(async () => {
      await signOut(device);
      return t("{label} is signed out.", { label: device.label });
    });

  return (
    <section aria-labelledby="devices">
      <h2 id="devices">{t("Devices signed in")}</h2>
      <Outcome of={attempts} />
      <ul class="entries" aria-label={t("Devices")}>
        {found?.map((device) => (
          <Row key={device.id} device={device} onSignOut={() => void end(device)} />
        ))}
      </ul>
    </section>
  );
}

function Row({ device, onSignOut }: { device: Device; onSignOut: () => void }) {
  const now = new Date();
  const good = isGood(device, now);
  const here = device.id === account.value?.credential;
  return (
    <li class={good ? undefined : "over"}>
      <span class="entry-name">
        {device.label} {here && <small class="badge">{t("this one")}</small>}
      </span>
      <span class="entry-facts quiet">
        {deviceFacts(device, now).map((fact) => (
          <span key={fact}>{fact}</span>
        ))}
      </span>
      {good && !here && (
        <Sure sure={t("Sign it out")} onSure={onSignOut}>
          {t("Sign out")}
          <span class="sr-only"> {device.label}</span>
        </Sure>
      )}
    </li>
  );
}
