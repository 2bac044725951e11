import { Outcome, routeHash, toSection, useAttempts } from "@starpod/page";
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
      <h2 id="keys">Keys of providers</h2>
      <p class="quiet">
        <code>{found.model}</code> answers now. A key goes into{" "}
        <a href={routeHash(toSection("secrets"))}>the vault</a> and is never shown again.
      </p>
      <ul class="key-list">
        {keys.map(({ provider, has_key: has }) => (
          <li key={provider}>
            {provider} <span class="quiet">{has ? "has a key" : "has none"}</span>
          </li>
        ))}
      </ul>
      <details>
        <summary>Keep a key</summary>
        <KeyFields
          choices={keys}
          button="Try it and keep it"
          onTry={({ choice, model, key }) =>
            attempts.attempt(async () => {
              const { works, detail } = await tryModel(choice.provider, model, key);
              if (!works) throw new Error(`${choice.provider}: ${detail}`);
              if (choice.variable !== null && key !== "") await keepKey(choice.variable, key);
              await look();
              return `${choice.provider} works.`;
            })
          }
        />
      </details>
      <Outcome of={attempts} />
    </section>
  );
}
