import { bytes, Outcome, t, useAttempts, when } from "@starpod/page";
import { useEffect, useState } from "preact/hooks";
import { Hits } from "./Hits";
import type { Entry, Found } from "./protocol";
import { notes, placeOf, search } from "./state";

/** What is remembered: a search, and every note there is. */
export function Notes() {
  const [found, setFound] = useState<readonly Entry[] | null>(null);
  const [hits, setHits] = useState<readonly Found[] | null>(null);
  const [question, setQuestion] = useState("");
  const attempts = useAttempts();
  useEffect(() => {
    void attempts.attempt(async () => {
      setFound(await notes());
      return "";
    });
  }, []);

  const look = () =>
    attempts.attempt(async () => {
      setHits(question.trim() === "" ? null : await search(question));
      return "";
    });

  return (
    <>
      <p class="quiet">
        {t(
          "What the agent remembers of you and for you. All of it is yours to read, to correct and to take back; every change is kept until you purge it.",
        )}
      </p>
      <Outcome of={attempts} />
      <form
        class="memory-search"
        role="search"
        aria-label={t("Search what is remembered")}
        onSubmit={(event) => {
          event.preventDefault();
          void look();
        }}
      >
        <input
          type="search"
          aria-label={t("Search what is remembered")}
          placeholder={t("Search what is remembered")}
          value={question}
          onInput={(event) => {
            setQuestion(event.currentTarget.value);
            if (event.currentTarget.value === "") setHits(null);
          }}
        />
        <button type="submit" class="primary">
          {t("Search")}
        </button>
      </form>
      {hits !== null && <Hits hits={hits} />}
      {found !== null && (
        <>
          <Group title={t("Yours")} notes={found.filter(({ level }) => level === "user")} />
          <Group
            title={t("The agent's, for everybody")}
            notes={found.filter(({ level }) => level === "agent")}
          />
          <NewNote />
        </>
      )}
    </>
  );
}

function Group({ title, notes }: { title: string; notes: readonly Entry[] }) {
  if (notes.length === 0) return null;
  return (
    <section>
      <h2>{title}</h2>
      <ul class="entries" aria-label={title}>
        {notes.map((note) => (
          <li key={note.name}>
            <span class="entry-name">
              <a href={placeOf(note.name)}>{note.name}</a>
            </span>
            <span class="entry-facts quiet">
              <span>{bytes(note.size)}</span>
              <span>{t("changed {when}", { when: when(new Date(note.changed_at), new Date()) })}</span>
              {!note.writable && <span>{t("an admin changes it")}</span>}
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}

function NewNote() {
  const [name, setName] = useState("");
  return (
    <form
      class="fields"
      autocomplete="off"
      onSubmit={(event) => {
        event.preventDefault();
        location.hash = placeOf(name.endsWith(".md") ? name : `${name}.md`);
      }}
    >
      <h2>{t("A new note")}</h2>
      <label>
        {t("Name")}
        <input
          class="mono"
          required
          value={name}
          placeholder="projects/boat.md"
          autocapitalize="off"
          spellcheck={false}
          onInput={(event) => setName(event.currentTarget.value.trim())}
        />
      </label>
      <div class="buttons">
        <button type="submit" class="primary">
          {t("Begin")}
        </button>
      </div>
    </form>
  );
}
