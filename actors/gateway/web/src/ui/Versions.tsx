import { useEffect, useId, useRef, useState } from "preact/hooks";
import { t } from "../language/texts";
import { announcement } from "../state/announcement";
import { newId } from "../state/ids";
import { IconButton, TextButton } from "./buttons";
import { useApp } from "./context";
import { Icon } from "./icons";

interface VersionsProps {
  turn: string;
  /** All versions of its message, in the order they were made. */
  versions: readonly string[];
}

/** Which of the versions of a message is shown, and the way to the others. */
export function Versions({ turn, versions }: VersionsProps) {
  const app = useApp();
  const group = useRef<HTMLSpanElement>(null);
  const place = versions.indexOf(turn);
  const said = t("Version {place} of {versions}", { place: place + 1, versions: versions.length });
  useEffect(() => {
    if (app.open.turnedTo !== turn) return;
    app.open.turnedTo = null;
    announcement.value = said;
    group.current?.querySelector<HTMLElement>("button:not(:disabled)")?.focus();
  }, [turn]);
  const arrow = (icon: "back" | "chevron", label: string, to: string | undefined) => (
    <IconButton
      icon={icon}
      label={label}
      disabled={to === undefined || app.open.busy.value}
      onClick={() => {
        if (to !== undefined) void app.open.turnTo(to);
      }}
    />
  );
  return (
    <span ref={group} class="versions" role="group" aria-label={said}>
      {arrow("back", t("Previous version"), versions[place - 1])}
      <span aria-hidden="true">
        {place + 1} / {versions.length}
      </span>
      {arrow("chevron", t("Next version"), versions[place + 1])}
    </span>
  );
}

/** Has an answer given again, by the same model or another one; or at last, where there was none. */
export function Again({ turn, failed }: { turn: string; failed: boolean }) {
  const app = useApp();
  const { models } = app.daemon.config.value;
  const busy = app.open.busy.value;
  const again = (model?: string) =>
    void app.open.revise(turn, { client_message_id: newId(), ...(model === undefined ? {} : { model }) });
  return (
    <>
      <IconButton
        icon="retry"
        label={failed ? t("Try again") : t("Answer again")}
        disabled={busy}
        onClick={() => again()}
      />
      {models.length > 1 && <ModelMenu models={models} disabled={busy} onChoose={again} />}
    </>
  );
}

interface ModelMenuProps {
  models: readonly string[];
  disabled: boolean;
  onChoose: (model: string) => void;
}

function ModelMenu({ models, disabled, onChoose }: ModelMenuProps) {
  const [open, setOpen] = useState(false);
  const id = useId();
  const root = useRef<HTMLSpanElement>(null);
  const button = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    if (!open) return;
    root.current?.querySelector<HTMLElement>("li button")?.focus();
    const elsewhere = (event: Event) => {
      if (event.target instanceof Node && root.current?.contains(event.target) === false) setOpen(false);
    };
    document.addEventListener("pointerdown", elsewhere);
    document.addEventListener("focusin", elsewhere);
    return () => {
      document.removeEventListener("pointerdown", elsewhere);
      document.removeEventListener("focusin", elsewhere);
    };
  }, [open]);
  const close = () => {
    setOpen(false);
    button.current?.focus();
  };
  return (
    <span
      ref={root}
      class="menu"
      onKeyDown={(event) => {
        if (event.key !== "Escape" || !open) return;
        event.stopPropagation();
        close();
      }}
    >
      <button
        ref={button}
        type="button"
        class="icon-button"
        aria-label={t("Answer again with another model")}
        title={t("Answer again with another model")}
        aria-expanded={open}
        aria-controls={id}
        disabled={disabled}
        onClick={() => setOpen(!open)}
      >
        <Icon name="more" />
      </button>
      <ul id={id} hidden={!open} aria-label={t("Models")}>
        {open &&
          models.map((model) => (
            <li key={model}>
              <button
                type="button"
                onClick={() => {
                  close();
                  onChoose(model);
                }}
              >
                {model}
              </button>
            </li>
          ))}
      </ul>
    </span>
  );
}

interface EditFormProps {
  turn: string;
  text: string;
  /** Whether it has files, so that it may say nothing. */
  files: boolean;
  onClose: () => void;
}

/** A message of one's own, to be said in other words. */
export function EditForm({ turn, text: before, files, onClose }: EditFormProps) {
  const app = useApp();
  const [text, setText] = useState(before);
  const [sending, setSending] = useState(false);
  const field = useRef<HTMLTextAreaElement>(null);
  /** The same for all tries, so that what was stored without an answer is not stored twice. */
  const message = useRef({ text: "", id: "" });
  useEffect(() => {
    field.current?.focus();
    field.current?.setSelectionRange(before.length, before.length);
  }, []);
  const held = sending || app.open.busy.value || (text.trim() === "" && !files);
  const send = async () => {
    if (held) return;
    if (message.current.text !== text) message.current = { text, id: newId() };
    setSending(true);
    const stored = await app.open.revise(turn, { client_message_id: message.current.id, text: text.trim() });
    setSending(false);
    if (stored) onClose();
  };
  return (
    <form
      class="edit-form"
      aria-label={t("Edit your message")}
      onSubmit={(event) => {
        event.preventDefault();
        void send();
      }}
      onKeyDown={(event) => {
        if (event.key === "Escape") {
          event.stopPropagation();
          onClose();
        } else if (event.key === "Enter" && !event.shiftKey && !event.isComposing && event.keyCode !== 229) {
          if (event.target !== field.current) return;
          event.preventDefault();
          void send();
        }
      }}
    >
      <textarea
        ref={field}
        dir="auto"
        rows={Math.min(12, text.split("\n").length + 1)}
        value={text}
        aria-label={t("Your message")}
        onInput={(event) => setText(event.currentTarget.value)}
      />
      <p class="buttons">
        <button type="submit" disabled={held}>
          {t("Send as another version")}
        </button>
        <TextButton onClick={onClose}>{t("Leave it")}</TextButton>
      </p>
    </form>
  );
}
