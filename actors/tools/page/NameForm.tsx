import { t, TextButton } from "@starpod/page";
import { useLayoutEffect, useRef, useState } from "preact/hooks";

interface NameFormProps {
  readonly label: string;
  /** On the button. */
  readonly does: string;
  /** What stands there at first, and how much of it is chosen: what somebody most likely changes. */
  readonly start?: string;
  readonly chosen?: readonly [number, number];
  readonly onName: (name: string) => void;
  readonly onCancel: () => void;
}

/** A line for a name. Enter takes it, Escape leaves it. */
export function NameForm({ label, does, start = "", chosen, onName, onCancel }: NameFormProps) {
  const [name, setName] = useState(start);
  const field = useRef<HTMLInputElement>(null);
  useLayoutEffect(() => {
    field.current?.focus();
    if (chosen !== undefined) field.current?.setSelectionRange(...chosen);
  }, []);
  return (
    <form
      class="name-form"
      autocomplete="off"
      onSubmit={(event) => {
        event.preventDefault();
        onName(name);
      }}
      onKeyDown={(event) => {
        if (event.key !== "Escape") return;
        event.preventDefault();
        event.stopPropagation();
        onCancel();
      }}
    >
      <label>
        {label}
        <input
          ref={field}
          required
          value={name}
          autocapitalize="off"
          spellcheck={false}
          onInput={(event) => setName(event.currentTarget.value)}
        />
      </label>
      <div class="buttons">
        <button type="submit" class="primary">
          {does}
        </button>
        <TextButton onClick={onCancel}>{t("Cancel")}</TextButton>
      </div>
    </form>
  );
}
