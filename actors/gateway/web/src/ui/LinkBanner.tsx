import { n, t } from "../language/texts";
import { TextButton } from "./buttons";
import { useApp } from "./context";
import { useLasting, useNow } from "./hooks";

/** Milliseconds without a connection before the page speaks of it; most are back sooner. */
const GRACE = 1200;

/** Says that there is no connection, what becomes of unsent messages, and when it is tried again. */
export function LinkBanner() {
  const app = useApp();
  const link = app.link.value;
  const away = useLasting(link.name !== "ready", GRACE);
  const now = useNow(away);
  if (app.daemon.outdated.value) {
    return (
      <div class="banner" role="status">
        <span>{t("Starpod has been updated. This page loads again when nothing is being written.")}</span>
        <TextButton onClick={() => location.reload()}>{t("Now")}</TextButton>
      </div>
    );
  }
  if (!away) return null;
  const seconds = link.name === "waiting" ? Math.max(1, Math.ceil((link.until - now) / 1000)) : 0;
  return (
    <div class="banner warning" role="status">
      <span>
        {t("Not connected.")} {kept(app.pending.unconfirmed.value)}{" "}
        <span aria-hidden="true">
          {seconds > 0 ? t("Trying again in {seconds} s.", { seconds }) : t("Trying…")}
        </span>
      </span>
      <TextButton onClick={() => app.wake()}>{t("Try now")}</TextButton>
    </div>
  );
}

function kept(messages: number): string {
  if (messages === 0) return t("What you write is kept here.");
  return n(
    messages,
    "Your message is kept here and goes out by itself.",
    "{n} messages are kept here and go out by themselves.",
  );
}
