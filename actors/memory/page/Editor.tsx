import { t, TextButton } from "@starpod/page";
import { useLayoutEffect, useRef } from "preact/hooks";

interface EditorProps {
  readonly name: string;
  readonly text: string;
  readonly onText: (text: string) => void;
  readonly onSave: () => void;
  readonly onCancel: () => void;
  /** Writes over what somebody else has written meanwhile; null where nobody has. */
  readonly onOverwrite: (() => void) | null;
}

/** A field for all of a note. */
export function Editor({ name, text, onText, onSave, onCancel, onOverwrite }: EditorProps) {
  const field = useRef<HTMLTextAreaElement>(null);
  useLayoutEffect(() => field.current?.focus(), []);
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        onSave();
      }}
    >
      <textarea
        ref={field}
        class="note"
        aria-label={t("Text of {name}", { name })}
        rows={16}
        value={text}
        onInput={(event) => onText(event.currentTarget.value)}
        onKeyDown={(event) => {
          if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
          event.preventDefault();
          onSave();
        }}
      />
      <div class="buttons">
        <button type="submit" class="primary">
          {t("Keep")}
        </button>
        <TextButton onClick={onCancel}>{t("Cancel")}</TextButton>
        {onOverwrite !== null && (
          <TextButton onClick={onOverwrite}>{t("Write over what is there now")}</TextButton>
        )}
      </div>
    </form>
  );
}
