import { t, TextButton } from "@starpod/page";
import { useLayoutEffect, useRef } from "preact/hooks";

interface EditorProps {
  readonly name: string;
  readonly text: string;
  readonly onText: (text: string) => void;
  readonly onSave: () => void;
  readonly onCancel: () => void;
}

/** A field for all of a text. Ctrl+Enter and Ctrl+S save it. */
export function Editor({ name, text, onText, onSave, onCancel }: EditorProps) {
  const field = useRef<HTMLTextAreaElement>(null);
  useLayoutEffect(() => {
    field.current?.focus();
    field.current?.setSelectionRange(0, 0);
  }, []);
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
        rows={22}
        value={text}
        spellcheck={false}
        autocapitalize="off"
        onInput={(event) => onText(event.currentTarget.value)}
        onKeyDown={(event) => {
          const saves = event.key === "Enter" || event.key.toLowerCase() === "s";
          if (!saves || event.altKey || !(event.ctrlKey || event.metaKey)) return;
          event.preventDefault();
          onSave();
        }}
      />
      <div class="buttons">
        <button type="submit" class="primary">
          {t("Save")}
        </button>
        <TextButton onClick={onCancel}>{t("Cancel")}</TextButton>
      </div>
    </form>
  );
}
