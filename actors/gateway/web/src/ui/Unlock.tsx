import { useEffect, useRef, useState } from "preact/hooks";
import { n, rich, t } from "../language/texts";
import { account } from "../state/account";
import { asking, askForCode, giveUp, lock, lookUnlocked, unlock, unlockedUntil } from "../state/unlock";
import { CopyButton, TextButton } from "./buttons";
import { Dialog } from "./Dialog";
import { useNow } from "./hooks";
import { Icon } from "./icons";

/** The user that the command is about where it names none. */
const FIRST = "admin";
const MINUTE = 60_000;

function command(): string {
  const user = account.value?.user_id ?? FIRST;
  return user === FIRST ? "starpod open --code" : `starpod open --code --user ${user}`;
}

/** Asks for a code of the operator, the moment it is needed. */
export function UnlockSheet() {
  return (
    <Dialog title={t("Unlock")} open={asking.value} onClose={giveUp}>
      {asking.value && <CodeForm />}
    </Dialog>
  );
}

function CodeForm() {
  const field = useRef<HTMLInputElement>(null);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState("");
  const submit = async () => {
    const code = field.current?.value.trim() ?? "";
    if (code === "" || busy) return;
    setBusy(true);
    try {
      await unlock(code);
    } catch (error) {
      setProblem(error instanceof Error ? error.message : String(error));
      field.current?.select();
    }
    setBusy(false);
  };
  return (
    <form
      class="unlock"
      autocomplete="off"
      onSubmit={(event) => {
        event.preventDefault();
        void submit();
      }}
    >
      <p>
        {t(
          "This decides what the agent may do, or where keys and conversations go, so it takes somebody at the machine that the agent runs on. There, this gives a code, good once, for two minutes:",
        )}
      </p>
      <p class="command">
        <code>{command()}</code>
        <CopyButton label={t("Copy the command")} text={command} />
      </p>
      <label>
        {t("Code")}
        <input
          ref={field}
          class="code"
          required
          maxLength={20}
          autocomplete="one-time-code"
          autocapitalize="characters"
          spellcheck={false}
          aria-invalid={problem !== ""}
          aria-describedby="unlock-problem"
        />
      </label>
      <p id="unlock-problem" class={problem === "" ? undefined : "notice warning"} role="alert">
        {problem !== "" && <Icon name="alert" />}
        {problem}
      </p>
      <div class="buttons">
        <button type="submit" class="primary" disabled={busy}>
          {busy ? t("Unlocking…") : t("Unlock")}
        </button>
        <TextButton onClick={giveUp}>{t("Cancel")}</TextButton>
        <span class="quiet">{t("It lasts for ten minutes.")}</span>
      </div>
    </form>
  );
}

/** Says that the page is unlocked and for how long, and locks it. */
export function UnlockedBanner() {
  const until = unlockedUntil.value;
  const now = useNow(until > 0, 5000);
  if (until === 0) return null;
  return (
    <div class="banner warning">
      <span role="status">
        <Icon name="unlocked" />
        {t("Unlocked: this page may change what the agent may do.")}
      </span>
      <span>
        <span class="quiet">
          {n(Math.max(1, Math.ceil((until - now) / MINUTE)), "{n} minute left", "{n} minutes left")}
        </span>{" "}
        <TextButton onClick={() => void lock()}>{t("Lock")}</TextButton>
      </span>
    </div>
  );
}

/** Says what a change takes here, where the page is locked, and unlocks it. */
export function Unlocking() {
  useEffect(() => void lookUnlocked().catch(() => undefined), []);
  if (unlockedUntil.value > 0 || account.value?.role !== "admin") return null;
  return (
    <p class="quiet unlocking">
      <Icon name="locked" />
      <span>
        {rich("Some changes here take a code from {command}. {unlock}", {
          command: <code>{command()}</code>,
          unlock: <TextButton onClick={() => void askForCode()}>{t("Unlock…")}</TextButton>,
        })}
      </span>
    </p>
  );
}
