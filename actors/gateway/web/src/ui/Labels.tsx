import { useRef, useState } from "preact/hooks";
import { t } from "../language/texts";
import type { Session } from "../protocol";
import { titleOf } from "../title";
import { IconButton, TextButton } from "./buttons";
import { useApp } from "./context";
import { Dialog } from "./Dialog";

/** The labels of one conversation, and those of others to choose from. */
export function Labels({ session, onClose }: { session: Session; onClose: () => void }) {
  const { sessions } = useApp();
  const field = useRef<HTMLInputElement>(null);
  const [labels, setLabels] = useState<readonly string[]>(session.labels);
  const others = sessions.labels.value.filter(({ name }) => !labels.includes(name));
  const keep = async (wanted: readonly string[]) => {
    if (await sessions.setLabels(session, wanted)) setLabels(sessions.get(session.id)?.labels ?? wanted);
  };
  return (
    <Dialog title={t("Labels of {title}", { title: titleOf(session) })} open onClose={onClose}>
      <form
        class="labels-form"
        onSubmit={(event) => {
          event.preventDefault();
          const label = field.current?.value.trim() ?? "";
          if (field.current !== null) field.current.value = "";
          if (label !== "") void keep([...labels, label]);
        }}
      >
        <input
          ref={field}
          aria-label={t("New label")}
          placeholder={t("New label")}
          maxLength={40}
          dir="auto"
        />
        <button type="submit" class="primary">
          {t("Add")}
        </button>
      </form>
      <ul class="labels" aria-label={t("Labels")}>
        {labels.map((label) => (
          <li key={label} class="chip">
            <bdi class="cut">{label}</bdi>
            <IconButton
              icon="cross"
              label={t("Take off {label}", { label })}
              onClick={() => void keep(labels.filter((other) => other !== label))}
            />
          </li>
        ))}
        {labels.length === 0 && <li class="sessions-note">{t("None yet")}</li>}
      </ul>
      {others.length > 0 && (
        <p class="labels">
          {others.map(({ name }) => (
            <TextButton key={name} onClick={() => void keep([...labels, name])}>
              <bdi>{name}</bdi>
            </TextButton>
          ))}
        </p>
      )}
    </Dialog>
  );
}
