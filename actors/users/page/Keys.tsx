import { CopyButton, Dialog, Outcome, Sure, t, useAttempts } from "@starpod/page";
import { useEffect, useState } from "preact/hooks";
import type { ApiKey, CreatedKey } from "./protocol";
import { isGood, keyFacts, keyName, keys, newKey, revoke } from "./state";

const TERMS: readonly (readonly [days: number | null, words: () => string])[] = [
  [7, () => t("for a week")],
  [30, () => t("for 30 days")],
  [90, () => t("for 90 days")],
  [365, () => t("for a year")],
  [null, () => t("until it is revoked")],
];

/** @param person whose keys; null for one's own. */
export function Keys({ person }: { person: string | null }) {
  const [found, setFound] = useState<readonly ApiKey[] | null>(null);
  const [made, setMade] = useState<CreatedKey | null>(null);
  const attempts = useAttempts();
  const attempt = (act: () => Promise<string>) =>
    attempts.attempt(async () => {
      const words = await act();
      setFound(await keys(person));
      return words;
    });
  useEffect(() => void attempt(async () => ""), []);

  const make = (label: string, days: number | null) =>
    attempt(async () => {
      setMade(await newKey(person, label, days));
      return "";
    });
  const end = (key: ApiKey) =>
    attempt(async () => {
      await revoke(person, key);
      return t("{name} is revoked.", { name: keyName(key) });
    });

  return (
    <section aria-labelledby="keys">
      <h2 id="keys">{t("API keys")}</h2>
      <p class="quiet">
        {person === null
          ? t("A program that shows one speaks for you; it signs a browser in as well.")
          : t("A program that shows one speaks for {person}; it signs a browser in as well.", { person })}
      </p>
      <Outcome of={attempts} />
      <NewKey onMake={make} />
      {found?.length === 0 && <p class="quiet">{t("None yet.")}</p>}
      <ul class="entries" aria-label={t("API keys")}>
        {found?.map((key) => (
          <Row key={key.id} of={key} onRevoke={() => void end(key)} />
        ))}
      </ul>
      <Made made={made} onClose={() => setMade(null)} />
    </section>
  );
}

function NewKey({ onMake }: { onMake: (label: string, days: number | null) => Promise<boolean> }) {
  const [label, setLabel] = useState("");
  const [term, setTerm] = useState(2);
  const submit = async () => {
    if (await onMake(label, TERMS[term]?.[0] ?? null)) setLabel("");
  };
  return (
    <form
      class="fields"
      autocomplete="off"
      onSubmit={(event) => {
        event.preventDefault();
        void submit();
      }}
    >
      <label>
        {t("What it is for")}
        <input
          value={label}
          maxLength={100}
          placeholder={t("Backup script")}
          onInput={(event) => setLabel(event.currentTarget.value)}
        />
      </label>
      <label>
        {t("Good")}
        <select value={term} onChange={(event) => setTerm(Number(event.currentTarget.value))}>
          {TERMS.map(([, words], index) => (
            <option key={index} value={index}>
              {words()}
            </option>
          ))}
        </select>
      </label>
      <button type="submit" class="primary">
        {t("Make a key")}
      </button>
    </form>
  );
}

function Row({ of: key, onRevoke }: { of: ApiKey; onRevoke: () => void }) {
  const now = new Date();
  const good = isGood(key, now);
  return (
    <li class={good ? undefined : "over"}>
      <span class="entry-name">{keyName(key)}</span>
      <span class="entry-facts quiet">
        {keyFacts(key, now).map((fact) => (
          <span key={fact}>{fact}</span>
        ))}
      </span>
      {good && (
        <Sure sure={t("Revoke for good")} onSure={onRevoke}>
          {t("Revoke")}
          <span class="sr-only"> {keyName(key)}</span>
        </Sure>
      )}
    </li>
  );
}

/** Shows a key, once. */
function Made({ made, onClose }: { made: CreatedKey | null; onClose: () => void }) {
  return (
    <Dialog title={t("A new key")} open={made !== null} onClose={onClose} lasting>
      <div class="made">
        <p>{t("Copy it now. It is shown this once, and nobody can find out later what it is.")}</p>
        <p class="made-key">
          <code>{made?.key}</code>
          <CopyButton label={t("Copy the key")} text={() => made?.key ?? ""} />
        </p>
        <button type="button" class="primary" onClick={onClose}>
          {t("Done")}
        </button>
      </div>
    </Dialog>
  );
}
