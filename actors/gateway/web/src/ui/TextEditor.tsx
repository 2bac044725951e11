import type { ComponentChildren } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";
import { t } from "../language/texts";
import { TextButton } from "./buttons";

interface TextEditorProps {
  /** What the field is called. */
  readonly label: string;
  readonly rows: number;
  readonly text: string;
  /** What the button that saves says. */
  readonly action: string;
  readonly onText: (text: string) => void;
  readonly onSave: () => void;
  readonly onCancel: () => void;
  /** Whether it is code or the like, which no browser should correct. */
  readonly plain?: boolean;
  /** More buttons. */
  readonly children?: ComponentChildren;
}

/** A field for all of a text. Ctrl+Enter and Ctrl+S save it. */
export function TextEditor(props: TextEditorProps) {
  const { label, rows, text, action, onText, onSave, onCancel, plain = false, children } = props;
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
        aria-label={label}
        rows={rows}
        value={text}
        {...(plain ? { spellcheck: false, autocapitalize: "off" } : {})}
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
          {action}
        </button>
        <TextButton onClick={onCancel}>{t("Cancel")}</TextButton>
        {children}
      </div>
    </form>
  );
}
