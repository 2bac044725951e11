import { t } from "../language/texts";
import { Dialog } from "./Dialog";
import { SHORTCUTS } from "./keys";

const APPLE = /Mac|iPhone|iPad/.test(navigator.platform);

/** What stands on a key. */
function written(key: string): string {
  if (APPLE && key === "Ctrl") return "⌘";
  if (APPLE && key === "Alt") return "⌥";
  return key === "Ctrl" ? t("Ctrl") : key === "Shift" ? t("Shift") : key;
}

/** All shortcuts. */
export function KeySheet({ open, onClose }: { open: boolean; onClose: () => void }) {
  return (
    <Dialog title={t("Keyboard")} open={open} onClose={onClose}>
      <dl>
        {SHORTCUTS.map(({ keys, does }) => (
          <div key={keys}>
            <dt>
              {keys.split(" ").map((key) => (
                <kbd key={key}>{written(key)}</kbd>
              ))}
            </dt>
            <dd>{does()}</dd>
          </div>
        ))}
      </dl>
    </Dialog>
  );
}
