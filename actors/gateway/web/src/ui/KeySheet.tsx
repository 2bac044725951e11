import { Dialog } from "./Dialog";
import { SHORTCUTS } from "./keys";

const APPLE = /Mac|iPhone|iPad/.test(navigator.platform);
const APPLE_KEYS: Readonly<Record<string, string>> = { Ctrl: "⌘", Alt: "⌥" };

/** All shortcuts. */
export function KeySheet({ open, onClose }: { open: boolean; onClose: () => void }) {
  return (
    <Dialog title="Keyboard" open={open} onClose={onClose}>
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
    </Dialog>
  );
}
