import { Outcome, rich, routeHash, t, toSection, useAttempts } from "@starpod/page";
import { useEffect, useState } from "preact/hooks";
import { KeyFields } from "./KeyFields";
import type { SetUp } from "./protocol";
import { keepKey, setUp, tryModel } from "./state";

/** Which providers have a key, and a field to keep one that was tried before. Keys are never shown. */
export function Keys() {
  const [found, setFound] = useState<SetUp | null>(null);
  const attempts = useAttempts();
  const look = async () => setFound(await setUp());
  useEffect(() => {
    void attempts.attempt(async () => {
      await look();
      return "";
    });
  }, []);
  if (found === null) return <Outcome of={attempts} />;
  const keys = found.choices.filter(({ variable }) => variable !== null);
  return (
    <section class="keys" aria-labelledby="keys">
      <h2 id="keys">{t("Keys of providers")}</h2>
      <p class="quiet">
        {rich("{model} answers now. A key goes into {vault} and is never shown again.", {
          model: <code>{found.model}</code>,
          vault: <a href={routeHash(toSection("secrets"))}>{t("the vault")}</a>,
        })}
      </p>
      <ul class="key-list">
        {keys.map(({ provider, has_key: has }) => (
          <li key={provider}>
            {provider} <span class="quiet">{has ? t("has a key") : t("has none")}</span>
          </li>
        ))}
      </ul>
      <details>
        <summary>{t("Keep a key")}</summary>
        <KeyFields
          choices={keys}
          button={t("Try it and keep it")}
          onTry={({ choice, model, key }) =>
            attempts.attempt(async () => {
              const { works, detail } = await tryModel(choice.provider, model, key);
              if (!works) throw new Error(`${choice.provider}: ${detail}`);
              if (choice.variable !== null && key !== "") await keepKey(choice.variable, key);
              await look();
              return t("{provider} works.", { provider: choice.provider });
            })
          }
        />
      </details>
      <Outcome of={attempts} />
    </section>
  );
}
