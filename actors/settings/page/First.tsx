import {
  CopyButton,
  FRESH,
  go,
  Outcome,
  rich,
  routeHash,
  t,
  TextButton,
  toSection,
  useApp,
  useAttempts,
} from "@starpod/page";
import { useEffect, useState } from "preact/hooks";
import { KeyFields } from "./KeyFields";
import type { SetUp } from "./protocol";
import { languageOf, MANNERS, soulWith } from "./soul";
import { change, keepKey, readSoul, setUp, tryModel, writeSoul } from "./state";

/** The first minute: a model, then who the agent is; then it talks. */
export function First({ who }: { who: boolean }) {
  return (
    <div class="desk first" role="region" aria-label={t("Welcome")} tabIndex={0}>
      {who ? <Who /> : <Model />}
    </div>
  );
}

function Model() {
  const [found, setFound] = useState<SetUp | null>(null);
  const attempts = useAttempts();
  const look = () =>
    attempts.attempt(async () => {
      setFound(await setUp());
      return "";
    });
  useEffect(() => void look(), []);
  const local = found?.choices.filter(({ variable, models }) => variable === null && models.length > 0) ?? [];
  const bare =
    found?.choices.some(({ variable, models }) => variable === null && models.length === 0) ?? false;
  const others = found?.choices.filter(({ variable }) => variable !== null) ?? [];
  const without = () =>
    attempts.attempt(async () => {
      await change({ provider: "offline", model: null });
      go(FRESH);
      return "";
    });
  return (
    <>
      <h2>{t("Which model is to answer?")}</h2>
      <p class="quiet">
        {local.length > 0
          ? t(
              "An Ollama was found on this machine. Choose one of its models, or a provider of whom you have a key.",
            )
          : t(
              "Choose a provider of whom you have a key. It is tried with one short question, kept in the vault and never shown again.",
            )}
      </p>
      {bare && <Pulling onLook={() => void look()} />}
      {found !== null && (
        <KeyFields
          key={local.length}
          choices={[...local, ...others]}
          button={t("Try it")}
          onTry={({ choice, model, key }) =>
            attempts.attempt(async () => {
              const { works, detail } = await tryModel(choice.provider, model, key);
              if (!works) throw new Error(detail);
              if (choice.variable !== null && key !== "") await keepKey(choice.variable, key);
              await change({ provider: choice.provider, model });
              go(toSection("settings", "first", "who"));
              return "";
            })
          }
        />
      )}
      <Outcome of={attempts} />
      <p>
        <TextButton onClick={() => void without()}>{t("Look around without a model")}</TextButton>
      </p>
      <p class="quiet">
        {rich("All of this can be changed later in {settings}.", {
          settings: <a href={routeHash(toSection("settings", "models"))}>{t("the settings")}</a>,
        })}
      </p>
    </>
  );
}

/** A model that most machines can hold and that can call tools. */
const PULL = "ollama pull qwen3:4b";

/** What to do where an Ollama was found that has no model yet. */
function Pulling({ onLook }: { onLook: () => void }) {
  return (
    <section class="pulling" aria-label={t("An Ollama without a model")}>
      <p>
        {t("An Ollama was found on this machine, but it has no model yet. Have it pull one, in a terminal:")}
      </p>
      <p class="buttons">
        <code>{PULL}</code>
        <CopyButton text={() => PULL} label={t("Copy the command")} />
      </p>
      <p class="quiet">
        {t("That takes some gigabytes. Any other model of Ollama that can call tools will do.")}
      </p>
      <TextButton onClick={onLook}>{t("Look again")}</TextButton>
    </section>
  );
}

function Who() {
  const app = useApp();
  const [name, setName] = useState(app.daemon.config.value.agent_name);
  const [manner, setManner] = useState(MANNERS[0]?.id ?? "");
  const [language, setLanguage] = useState(languageOf(navigator.language));
  const attempts = useAttempts();
  const begin = () =>
    attempts.attempt(async () => {
      if (name.trim() !== app.daemon.config.value.agent_name) await change({ agent_name: name.trim() });
      const soul = await readSoul();
      const text = MANNERS.find(({ id }) => id === manner)?.text ?? "";
      const next = soulWith(soul.text, text, language.trim());
      if (next !== soul.text) await writeSoul(next, soul.etag);
      await app.daemon.configure();
      go(FRESH);
      app.say(t("Hello! Who are you, and what can you do for me?"), []);
      return "";
    });
  return (
    <>
      <h2>{t("Who is it to be?")}</h2>
      <form
        class="fields who"
        autocomplete="off"
        onSubmit={(event) => {
          event.preventDefault();
          void begin();
        }}
      >
        <label>
          {t("Name")}
          <input
            required
            maxLength={100}
            value={name}
            onInput={(event) => setName(event.currentTarget.value)}
          />
        </label>
        <label>
          {t("Language")}
          <input value={language} onInput={(event) => setLanguage(event.currentTarget.value)} />
        </label>
        <label>
          {t("Manner")}
          <select value={manner} onChange={(event) => setManner(event.currentTarget.value)}>
            {MANNERS.map(({ id, title }) => (
              <option key={id} value={id}>
                {title()}
              </option>
            ))}
          </select>
        </label>
        <div class="buttons">
          <button type="submit" class="primary">
            {t("Begin")}
          </button>
          <TextButton onClick={() => go(FRESH)}>{t("Leave it as it is")}</TextButton>
        </div>
      </form>
      <Outcome of={attempts} />
      <p class="quiet">
        {rich("Manner and language are written into {file}, which is yours to change in {memory}.", {
          file: <code>SOUL.md</code>,
          memory: <a href={routeHash(toSection("memory", "SOUL.md"))}>{t("the memory")}</a>,
        })}
      </p>
    </>
  );
}
