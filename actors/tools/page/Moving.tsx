import { ApiError, Dialog, nameOf, t, type Attempts } from "@starpod/page";
import { useState } from "preact/hooks";
import { NameForm } from "./NameForm";
import { changes, folderOf, move } from "./state";

interface MovingProps {
  readonly path: string;
  readonly attempts: Attempts;
  readonly onClose: () => void;
  /** Told where it is now. */
  readonly onMoved?: (to: string) => void;
}

/** Asks for another name or place, which must be free. */
export function Moving({ path, attempts, onClose, onMoved }: MovingProps) {
  const [problem, setProblem] = useState<string | null>(null);
  const name = nameOf(path);
  const start = path.length - name.length;
  const dot = name.lastIndexOf(".");
  const take = async (to: string) => {
    if (to === path) return onClose();
    try {
      await move(path, to);
    } catch (error) {
      setProblem(error instanceof ApiError ? error.message : String(error));
      return;
    }
    onClose();
    changes.value++;
    await attempts.attempt(async () =>
      folderOf(to) === folderOf(path)
        ? t("It is called {name} now.", { name: nameOf(to) })
        : t("It is at {path} now.", { path: to }),
    );
    onMoved?.(to);
  };
  return (
    <Dialog title={t("Rename or move {name}", { name })} open lasting onClose={onClose}>
      <div class="file-question">
        <NameForm
          label={t("Its path, from home on")}
          does={t("Move it")}
          start={path}
          chosen={[start, dot > 0 ? start + dot : path.length]}
          onName={(to) => void take(to)}
          onCancel={onClose}
        />
        <p class="quiet">
          {t("Folders that are not there yet are made. What is there already is never replaced.")}
        </p>
        {problem !== null && (
          <p class="notice warning" role="alert">
            {problem}
          </p>
        )}
      </div>
    </Dialog>
  );
}
