import { account, t } from "@starpod/page";
import { useState } from "preact/hooks";
import type { User } from "./protocol";
import { textOr, type Change } from "./state";

interface ProfileProps {
  /** Null for somebody who is to be added. */
  readonly user: User | null;
  readonly onSave: (id: string, given: Change) => void;
}

/** What is known of a person, to be written. */
export function Profile({ user, onSave }: ProfileProps) {
  const [id, setId] = useState(user?.id ?? "");
  const [name, setName] = useState(user?.display_name ?? "");
  const [email, setEmail] = useState(user?.email ?? "");
  const [role, setRole] = useState<User["role"]>(user?.role ?? "user");
  const [files, setFiles] = useState(user?.filesystem_enabled ?? false);
  const own = user !== null && user.id === account.value?.user_id;

  return (
    <form
      class="fields"
      autocomplete="off"
      onSubmit={(event) => {
        event.preventDefault();
        const given = { display_name: textOr(name), email: textOr(email), filesystem_enabled: files };
        onSave(id, own ? given : { ...given, role });
      }}
    >
      <h2>{user === null ? t("Add somebody") : t("Change {id}", { id: user.id })}</h2>
      {user === null && (
        <label>
          {t("Id")}
          <input
            class="mono"
            value={id}
            maxLength={64}
            placeholder={t("Made up if empty")}
            autocapitalize="off"
            spellcheck={false}
            onInput={(event) => setId(event.currentTarget.value)}
          />
        </label>
      )}
      <label>
        {t("Name")}
        <input value={name} maxLength={100} onInput={(event) => setName(event.currentTarget.value)} />
      </label>
      <label>
        {t("Email")}
        <input
          type="email"
          value={email}
          maxLength={254}
          onInput={(event) => setEmail(event.currentTarget.value)}
        />
      </label>
      <label>
        {t("Role")}
        <select
          value={role}
          disabled={own}
          onChange={(event) => setRole(event.currentTarget.value === "admin" ? "admin" : "user")}
        >
          <option value="user">{t("User")}</option>
          <option value="admin">{t("Admin")}</option>
        </select>
      </label>
      <label class="choice">
        <input type="checkbox" checked={files} onChange={(event) => setFiles(event.currentTarget.checked)} />
        {t("May see the agent’s files")}
      </label>
      <div class="buttons">
        <button type="submit" class="primary">
          {user === null ? t("Add") : t("Save")}
        </button>
        {own && <span class="quiet">{t("Another admin can change your role.")}</span>}
      </div>
    </form>
  );
}
