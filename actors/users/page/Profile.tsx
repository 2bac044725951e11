import { account } from "@starpod/page";
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
      <h2>{user === null ? "Add somebody" : `Change ${user.id}`}</h2>
      {user === null && (
        <label>
          Id
          <input
            class="mono"
            value={id}
            maxLength={64}
            placeholder="Made up if empty"
            autocapitalize="off"
            spellcheck={false}
            onInput={(event) => setId(event.currentTarget.value)}
          />
        </label>
      )}
      <label>
        Name
        <input value={name} maxLength={100} onInput={(event) => setName(event.currentTarget.value)} />
      </label>
      <label>
        Email
        <input
          type="email"
          value={email}
          maxLength={254}
          onInput={(event) => setEmail(event.currentTarget.value)}
        />
      </label>
      <label>
        Role
        <select
          value={role}
          disabled={own}
          onChange={(event) => setRole(event.currentTarget.value === "admin" ? "admin" : "user")}
        >
          <option value="user">User</option>
          <option value="admin">Admin</option>
        </select>
      </label>
      <label class="choice">
        <input type="checkbox" checked={files} onChange={(event) => setFiles(event.currentTarget.checked)} />
        May see the agent’s files
      </label>
      <div class="buttons">
        <button type="submit" class="primary">
          {user === null ? "Add" : "Save"}
        </button>
        {own && <span class="quiet">Another admin can change your role.</span>}
      </div>
    </form>
  );
}
