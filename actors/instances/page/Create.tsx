import { rich, t, TextButton } from "@starpod/page";
import { useEffect, useState } from "preact/hooks";
import type { RemoteAgent } from "./protocol";
import { agents, create, EMPTY, nameOf, statusWords, type Draft } from "./state";

/** A form for a new instance, once somebody wants one. */
export function Create({ attempt }: { readonly attempt: (act: () => Promise<string>) => Promise<boolean> }) {
  const [open, setOpen] = useState(false);
  const [draft, setDraft] = useState<Draft>(EMPTY);
  const [found, setFound] = useState<readonly RemoteAgent[]>([]);
  const [busy, setBusy] = useState(false);
  useEffect(() => {
    if (open) agents().then(setFound, () => setFound([]));
  }, [open]);
  if (!open) {
    return (
      <p class="buttons new-instance">
        <button type="button" class="primary" onClick={() => setOpen(true)}>
          {t("New instance")}
        </button>
      </p>
    );
  }
  const save = async () => {
    setBusy(true);
    const made = await attempt(async () => {
      const instance = await create(draft);
      return t("{name}: {status}.", { name: nameOf(instance), status: statusWords(instance) });
    });
    setBusy(false);
    if (!made) return;
    setDraft(EMPTY);
    setOpen(false);
  };
  const text = (key: keyof Draft, label: string, placeholder: string) => (
    <label>
      {label}
      <input
        value={draft[key]}
        maxLength={200}
        placeholder={placeholder}
        autocomplete="off"
        onInput={(event) => setDraft({ ...draft, [key]: event.currentTarget.value })}
      />
    </label>
  );
  return (
    <form
      class="fields"
      autocomplete="off"
      onSubmit={(event) => {
        event.preventDefault();
        void save();
      }}
    >
      <h2>{t("New instance")}</h2>
      {text("name", t("Name"), t("For people"))}
      <label>
        {t("Agent")}
        <select
          value={draft.agent_id}
          onChange={(event) => setDraft({ ...draft, agent_id: event.currentTarget.value })}
        >
          <option value="">{t("None: an empty one")}</option>
          {found.map(({ id, name }) => (
            <option key={id} value={id}>
              {name}
            </option>
          ))}
        </select>
      </label>
      {text("region", t("Region"), t("As the backend likes"))}
      {text("machine_type", t("Size of the machine"), t("As the backend likes"))}
      <p class="quiet wide">
        {rich(
          "Agents are those whose files the backend has: {push} sends one there. Region and size are in the words of the backend; a host on one machine has neither.",
          { push: <code>starpod agent push NAME</code> },
        )}
      </p>
      <div class="buttons">
        <button type="submit" class="primary" disabled={busy}>
          {busy ? t("Asking…") : t("Create")}
        </button>
        <TextButton onClick={() => setOpen(false)}>{t("Cancel")}</TextButton>
      </div>
    </form>
  );
}
