import { Outcome, t, useAttempts } from "@starpod/page";
import { useState } from "preact/hooks";
import { create, generate, isAdmin, placeOf } from "./state";

/** A form for a skill of one's own, which the model may fill. */
export function New() {
  const [name, setName] = useState("");
  const [description, setDescription] = useState("");
  const [body, setBody] = useState("");
  const [writing, setWriting] = useState(false);
  const attempts = useAttempts();

  const keep = () =>
    attempts.attempt(async () => {
      location.hash = placeOf(await create(name, description, body));
      return "";
    });
  const ask = async () => {
    setWriting(true);
    await attempts.attempt(async () => {
      const draft = await generate(name, description, body);
      setDescription(draft.description);
      setBody(draft.body);
      return t("Written. Read it, and keep it if it is right.");
    });
    setWriting(false);
  };

  return (
    <>
      <Outcome of={attempts} />
      <form
        class="fields"
        autocomplete="off"
        onSubmit={(event) => {
          event.preventDefault();
          void keep();
        }}
      >
        <h2>{isAdmin() ? t("A new skill, for everybody") : t("A new skill, for you alone")}</h2>
        <label>
          {t("Name")}
          <input
            class="mono"
            required
            value={name}
            placeholder="weekly-report"
            autocapitalize="off"
            spellcheck={false}
            onInput={(event) => setName(event.currentTarget.value.trim())}
          />
        </label>
        <label class="wide">
          {t("What it is for, and when to take it up")}
          <input
            required={!writing}
            maxLength={1024}
            value={description}
            onInput={(event) => setDescription(event.currentTarget.value)}
          />
        </label>
        <label class="wide">
          {t("Instructions")}
          <textarea
            rows={8}
            value={body}
            onInput={(event) => setBody(event.currentTarget.value)}
            placeholder={t("What to do, step by step, in Markdown")}
          />
        </label>
        <div class="buttons">
          <button type="submit" class="primary" disabled={writing}>
            {t("Keep")}
          </button>
          {isAdmin() && (
            <button
              type="button"
              class="text-button"
              disabled={writing || name === ""}
              onClick={() => void ask()}
            >
              {writing ? t("The model writes…") : t("Have the model write it")}
            </button>
          )}
        </div>
      </form>
    </>
  );
}
