import { useEffect, useRef, useState } from "preact/hooks";
import { n, t } from "../language/texts";
import { ApiError } from "../net/api";
import { someDraftIsKept } from "../state/composer";
import { CopyButton, TextButton } from "./buttons";
import { useApp } from "./context";
import { useNow } from "./hooks";
import { Icon, Star } from "./icons";

const COMMAND = "starpod open";

/** Stands in place of the page while the gateway does not know this browser. */
export function Locked() {
  const app = useApp();
  useEffect(() => {
    document.title = t("Sign in · Starpod"); // not what the conversation is about
  }, []);
  return (
    <main class="locked">
      <Star />
      <h1>{t("Sign in")}</h1>
      <p>{t("This page speaks to your agent in your name, so it needs to know who you are.")}</p>
      <KeyForm />
      <section aria-labelledby="by-link">
        <h2 id="by-link">{t("Without a key")}</h2>
        <p>
          {t(
            "The machine that the agent runs on gives you a link to this page, good once, and for a minute:",
          )}
        </p>
        <p class="command">
          <code>{COMMAND}</code>
          <CopyButton label={t("Copy the command")} text={() => COMMAND} />
        </p>
        <TextButton onClick={() => app.knock()}>{t("Try again")}</TextButton>
      </section>
      <p class="quiet" role="status">
        {kept(app.pending.unconfirmed.value)}
      </p>
    </main>
  );
}

function kept(unsent: number): string {
  if (unsent === 0) return someDraftIsKept() ? t("What you have written is kept here.") : "";
  return n(
    unsent,
    "What you have written is kept here; a message goes out then by itself.",
    "What you have written is kept here; {n} messages go out then by itself.",
  );
}

interface Refusal {
  readonly text: string;
  /** Epoch milliseconds before which there is no use in trying; 0 for none. */
  readonly until: number;
}

/** Takes a key. It leaves the field with the first try, and is kept nowhere else. */
function KeyForm() {
  const app = useApp();
  const field = useRef<HTMLInputElement>(null);
  const [busy, setBusy] = useState(false);
  const [refusal, setRefusal] = useState<Refusal | null>(null);
  const until = refusal?.until ?? 0;
  const left = Math.ceil((until - useNow(until > 0)) / 1000);
  useEffect(() => {
    // On a touch screen the focus would bring up the keyboard.
    if (matchMedia("(pointer: fine)").matches) field.current?.focus();
  }, []);

  const submit = async () => {
    const key = field.current?.value.trim() ?? "";
    if (field.current === null || key === "" || busy || left > 0) return;
    field.current.value = "";
    setBusy(true);
    try {
      await app.signIn(key);
    } catch (error) {
      setRefusal(refusalOf(error));
      field.current?.focus();
    }
    setBusy(false);
  };

  return (
    <form
      autocomplete="off"
      onSubmit={(event) => {
        event.preventDefault();
        void submit();
      }}
    >
      {/* Without a name, so that no browser ever puts it into an address. */}
      <label>
        {t("API key")}
        <input
          ref={field}
          type="password"
          required
          autocomplete="off"
          autocapitalize="off"
          spellcheck={false}
          aria-invalid={refusal !== null}
          aria-describedby="refusal"
        />
      </label>
      <button type="submit" class="primary" disabled={busy || left > 0}>
        {left > 0 ? t("Wait {left} s", { left }) : busy ? t("Signing in…") : t("Sign in")}
      </button>
      <p id="refusal" class={refusal === null ? undefined : "notice warning"} role="alert">
        {refusal !== null && <Icon name="alert" />}
        {refusal?.text}
      </p>
    </form>
  );
}

function refusalOf(error: unknown): Refusal {
  const { status, message, wait } = error instanceof ApiError ? error : new ApiError(String(error), 0);
  if (status === 401)
    return { text: t("Nobody is known by that key. It may have been revoked, or have expired."), until: 0 };
  if (status === 429)
    return { text: t("Too many wrong keys came from here."), until: Date.now() + wait * 1000 };
  return { text: message, until: 0 };
}
