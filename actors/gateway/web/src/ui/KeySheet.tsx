import { useEffect, useRef } from "preact/hooks";
import { IconButton } from "./buttons";
import { SHORTCUTS } from "./keys";

const APPLE = /Mac|iPhone|iPad/.test(navigator.platform);
const APPLE_KEYS: Readonly<Record<string, string>> = { Ctrl: "⌘", Alt: "⌥" };

/** All shortcuts. The browser keeps the focus inside and gives it back when the sheet closes. */
export function KeySheet({ open, onClose }: { open: boolean; onClose: () => void }) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    if (open) dialog.current?.showModal();
    else dialog.current?.close();
  }, [open]);
  return (
    <dialog
      ref={dialog}
      class="sheet"
      aria-labelledby="keys-title"
      onClose={onClose}
      onClick={(event) => {
        if (event.target === dialog.current) onClose();
      }}
    >
      <header>
        <h2 id="keys-title">Keyboard</h2>
        <IconButton icon="cross" label="Close" onClick={onClose} />
      </header>
      <dl>
        {SHORTCUTS.map(({ keys, does }) => (
          <div key={keys}>
            <dt>
              {keys.split(" ").map((key) => (
                <kbd key={key}>{(APPLE && APPLE_KEYS[key]) || key}</kbd>
              ))}
            </dt>
            <dd>{does}</dd>
          </div>
        ))}
      </dl>
    </dialog>
  );
}
