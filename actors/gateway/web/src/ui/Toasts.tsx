import { useEffect, useState } from "preact/hooks";
import { t } from "../language/texts";
import { openSession, routeHash, toSession } from "../state/router";
import { dismiss, notices, toasts, type Notice } from "../state/toasts";
import { jobName } from "../title";
import { IconButton, TextButton } from "./buttons";
import { useShown } from "./hooks";

/** Milliseconds that a notice stays while it can be seen and nobody is at it. */
export const NOTICE_STAYS = 20_000;

/** Over the beginning of what stands below them on the page, or over the end of all if they are last. */
export function Toasts() {
  return (
    <div class="toasts">
      <div>
        <div role="alert">
          {toasts.value.map(({ id, text, action }) => (
            <div key={id} class={action === undefined ? "toast" : "toast done"}>
              <span>{text}</span>
              {action !== undefined && <TextButton onClick={action.act}>{action.label}</TextButton>}
              <IconButton icon="cross" label={t("Dismiss")} onClick={() => dismiss(id)} />
            </div>
          ))}
        </div>
        <div role="status">
          {notices.value.map((notice) => (
            <NoticeToast key={notice.id} notice={notice} />
          ))}
        </div>
      </div>
    </div>
  );
}

function NoticeToast({ notice: { id, title, text, success, session } }: { notice: Notice }) {
  const [held, setHeld] = useState(false);
  const shown = useShown();
  const name = jobName(title);
  useEffect(() => {
    if (held || !shown) return;
    const timer = setTimeout(() => dismiss(id), NOTICE_STAYS);
    return () => clearTimeout(timer);
  }, [held, shown, id]);
  const read = shown && session !== null && session === openSession.value;
  useEffect(() => {
    if (read) dismiss(id);
  }, [read, id]);
  return (
    <div
      class={success === true ? "toast done" : "toast"}
      onPointerEnter={() => setHeld(true)}
      onPointerLeave={() => setHeld(false)}
      onFocusIn={() => setHeld(true)}
      onFocusOut={() => setHeld(false)}
    >
      <div>
        <strong class="cut">{success === false ? t("{name} failed", { name }) : name}</strong>
        {text !== "" && <p dir="auto">{text}</p>}
        {session !== null && (
          <a href={routeHash(toSession(session))} onClick={() => dismiss(id)}>
            {t("Open the conversation")}
            <span class="sr-only"> {t("of {name}", { name })}</span>
          </a>
        )}
      </div>
      <IconButton icon="cross" label={t("Dismiss {name} (Esc)", { name })} onClick={() => dismiss(id)} />
    </div>
  );
}
