import type { RefObject } from "preact";
import { useLayoutEffect } from "preact/hooks";
import { bytes } from "../format";
import { rich, t } from "../language/texts";
import type { FollowupMode } from "../protocol";
import { composerOf, type Composer, type DraftFile } from "../state/composer";
import { openSession } from "../state/router";
import { IconButton, TextButton } from "./buttons";
import { useApp } from "./context";
import { Dictate, DictationHint } from "./Dictate";
import { Icon } from "./icons";
import { ModelChoice } from "./ModelChoice";
import { LIST, Suggestions, useOffer } from "./Suggestions";

/** Where messages are written. */
export function ComposerBar({ field }: { field: RefObject<HTMLTextAreaElement | null> }) {
  const app = useApp();
  const composer = composerOf(openSession.value);
  const held = composer.uploading.value || composer.failed.value || composer.tooLong.value;
  const ready = !composer.empty.value && !held;

  const send = (mode: FollowupMode | null = null) => {
    if (!ready) return;
    const { text, attachments } = composer.take();
    app.say(text.trim(), attachments, mode);
    field.current?.focus();
  };

  return (
    <form
      class="composer"
      aria-label={t("Message")}
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
    >
      {composer.editing.value && (
        <p class="composer-note">
          {t("Your message again: change it and send it")}
          <TextButton onClick={() => composer.letGo()}>{t("Leave it")}</TextButton>
        </p>
      )}
      <DraftFiles composer={composer} />
      <Field composer={composer} field={field} onSend={send} />
      <div class="composer-row">
        <AttachButton composer={composer} />
        <Dictate composer={composer} field={field} />
        <ModelChoice />
        <Hint composer={composer} />
        {app.open.running.value && (
          <button type="button" class="stop" onClick={() => void app.open.stop()}>
            <span class="stop-square" aria-hidden="true" />
            {t("Stop")}
          </button>
        )}
        <button type="submit" class="send" disabled={!ready} aria-label={t("Send")} title={t("Send (Enter)")}>
          <Icon name="send" />
        </button>
      </div>
    </form>
  );
}

interface FieldProps {
  composer: Composer;
  field: RefObject<HTMLTextAreaElement | null>;
  onSend: (mode?: FollowupMode) => void;
}

function Field({ composer, field, onSend }: FieldProps) {
  const app = useApp();
  const text = composer.text.value;
  const offer = useOffer(composer, field);
  const offered = offer.begun !== null && offer.found.length > 0;
  useLayoutEffect(() => {
    const area = field.current;
    if (area === null) return;
    area.style.height = "auto";
    area.style.height = `${area.scrollHeight}px`;
  }, [text, composer]);

  const pressed = (event: KeyboardEvent) => {
    if (offer.pressed(event)) return;
    if (event.key === "ArrowUp" && composer.empty.value && !event.altKey) {
      if (app.open.editLast()) event.preventDefault();
    }
    // An input method uses Enter to choose; the old key code is how some browsers tell.
    if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.keyCode === 229) return;
    event.preventDefault();
    if (event.altKey) onSend("queue");
    else onSend();
  };

  return (
    <>
      <Suggestions offer={offer} />
      <textarea
        ref={field}
        rows={1}
        dir="auto"
        value={text}
        aria-label={t("Message to {agent}", { agent: app.daemon.config.value.agent_name })}
        placeholder={t("Message {agent}", { agent: app.daemon.config.value.agent_name })}
        enterkeyhint="send"
        aria-autocomplete="list"
        {...(offered ? { "aria-controls": LIST, "aria-activedescendant": `${LIST}-${offer.at}` } : {})}
        onInput={(event) => {
          composer.write(event.currentTarget.value);
          offer.look();
        }}
        onClick={offer.look}
        onBlur={offer.close}
        onKeyDown={pressed}
        onPaste={(event) => {
          const files = event.clipboardData?.files;
          if (files === undefined || files.length === 0) return;
          event.preventDefault();
          composer.attach(files);
        }}
      />
    </>
  );
}

/** What Enter does, where that is not plain. */
function Hint({ composer }: { composer: Composer }) {
  const app = useApp();
  if (app.dictation.phase.value !== "idle") return <DictationHint />;
  if (composer.uploading.value) return <span class="hint">{t("Uploading…")}</span>;
  if (composer.failed.value)
    return <span class="hint error">{t("Remove the files that failed, or try again")}</span>;
  if (composer.tooLong.value)
    return <span class="hint error">{t("Too long to send: attach it as a file")}</span>;
  if (!app.open.running.value || composer.empty.value) return <span class="hint" />;
  return (
    <span class="hint keys-only">
      {rich("{enter} sends now {alt} as the next turn", {
        enter: <kbd>Enter</kbd>,
        alt: <kbd>Alt Enter</kbd>,
      })}
    </span>
  );
}

function AttachButton({ composer }: { composer: Composer }) {
  return (
    <label class="icon-button attach" title={t("Attach files")}>
      <Icon name="clip" />
      <span class="sr-only">{t("Attach files")}</span>
      <input
        type="file"
        multiple
        class="sr-only"
        onChange={(event) => {
          composer.attach(event.currentTarget.files ?? []);
          event.currentTarget.value = "";
        }}
      />
    </label>
  );
}

function DraftFiles({ composer }: { composer: Composer }) {
  if (composer.files.value.length === 0) return null;
  return (
    <ul class="draft-files" aria-label={t("Files to send")}>
      {composer.files.value.map((file) => (
        <li key={file.key} class={file.error === null ? "chip" : "chip failed"}>
          {file.preview === null ? <Icon name="file" /> : <img src={file.preview} alt="" />}
          <bdi class="cut">{file.name}</bdi>
          <FileState file={file} onRetry={() => void composer.send(file.key)} />
          <IconButton
            icon="cross"
            label={t("Remove {name}", { name: file.name })}
            onClick={() => composer.detach(file.key)}
          />
        </li>
      ))}
    </ul>
  );
}

function FileState({ file, onRetry }: { file: DraftFile; onRetry: () => void }) {
  if (file.error !== null) {
    return (
      <small class="error">
        {file.error} <TextButton onClick={onRetry}>{t("Try again")}</TextButton>
      </small>
    );
  }
  if (file.stored === null)
    return <progress value={file.share} aria-label={t("Uploading {name}", { name: file.name })} />;
  return <small>{bytes(file.size)}</small>;
}
