import { TextButton } from "@starpod/page";
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
        aria-label={`Text of ${name}`}
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
          Keep
        </button>
        <TextButton onClick={onCancel}>Cancel</TextButton>
        {onOverwrite !== null && <TextButton onClick={onOverwrite}>Write over what is there now</TextButton>}
      </div>
    </form>
  );
}
