import { useEffect, useRef } from "preact/hooks";
import { t } from "../language/texts";
import type { Session } from "../protocol";
import { titleOf } from "../title";
import { useApp } from "./context";

/** A conversation's title to be changed: Enter or leaving stores it, Escape does not. */
export function RenameForm({ session, onDone }: { session: Session; onDone: () => void }) {
  const app = useApp();
  const field = useRef<HTMLInputElement>(null);
  // Taking the field away makes the browser say that it lost the focus, which must not store again.
  const over = useRef(false);
  useEffect(() => field.current?.select(), []);

  const close = () => {
    over.current = true;
    onDone();
  };
  const save = async () => {
    if (over.current) return;
    const title = field.current?.value.trim() ?? "";
    const same = title === "" || title === session.title;
    over.current = true;
    if (same || (await app.sessions.rename(session.id, title))) close();
    else over.current = false;
  };

  return (
    <form
      class="rename"
      onSubmit={(event) => {
        event.preventDefault();
        void save();
      }}
    >
      <input
        ref={field}
        aria-label={t("Title")}
        dir="auto"
        defaultValue={session.title ?? titleOf(session)}
        onBlur={() => void save()}
        onKeyDown={(event) => {
          if (event.key !== "Escape") return;
          event.stopPropagation();
          close();
        }}
      />
    </form>
  );
}
