import { t, TextButton } from "@starpod/page";
import { useLayoutEffect, useRef } from "preact/hooks";
import { EMPTY, seesAll, type Draft } from "./state";

interface FormProps {
  readonly draft: Draft;
  readonly onDraft: (draft: Draft) => void;
  readonly onSave: () => void;
}

/** A new secret, or another value or other hosts for one. */
export function Form({ draft, onDraft, onSave }: FormProps) {
  const changing = draft.of !== null;
  const value = useRef<HTMLInputElement>(null);
  // Before the page is drawn: whoever is in another field by then stays there.
  useLayoutEffect(() => {
    if (draft.of !== null) value.current?.focus();
  }, [draft.of]);

  return (
    <form
      class="fields"
      autocomplete="off"
      onSubmit={(event) => {
        event.preventDefault();
        onSave();
      }}
    >
      <h2>{changing ? t("Change {name}", { name: draft.name }) : t("Keep a secret")}</h2>
      <label>
        {t("Name")}
        <input
          class="mono"
          required
          readOnly={changing}
          value={draft.name}
          placeholder="GITHUB_TOKEN"
          autocapitalize="off"
          autocomplete="off"
          spellcheck={false}
          onInput={(event) => onDraft({ ...draft, name: event.currentTarget.value.trim() })}
        />
      </label>
      <label>
        {t("Value")}
        <input
          ref={value}
          class="mono"
          type="password"
          required={!changing}
          value={draft.value}
          placeholder={changing ? t("As it is") : ""}
          autocomplete="new-password"
          onInput={(event) => onDraft({ ...draft, value: event.currentTarget.value })}
        />
      </label>
      <label>
        {t("May be sent to")}
        <input
          class="mono"
          value={draft.hosts}
          placeholder={changing ? t("No host") : "*.example.com, …"}
          autocapitalize="off"
          autocomplete="off"
          spellcheck={false}
          onInput={(event) => onDraft({ ...draft, hosts: event.currentTarget.value })}
        />
      </label>
      {!changing && seesAll() && (
        <label>
          {t("For")}
          <select
            value={draft.own ? "own" : "agent"}
            onChange={(event) => onDraft({ ...draft, own: event.currentTarget.value === "own" })}
          >
            <option value="agent">{t("The agent")}</option>
            <option value="own">{t("You alone")}</option>
          </select>
        </label>
      )}
      <div class="buttons">
        <button type="submit" class="primary">
          {changing ? t("Change") : t("Keep")}
        </button>
        {changing && <TextButton onClick={() => onDraft(EMPTY)}>{t("Cancel")}</TextButton>}
      </div>
    </form>
  );
}
