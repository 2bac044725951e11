import type { ComponentChildren } from "preact";
import { useEffect, useId, useRef } from "preact/hooks";
import { t } from "../language/texts";
import { IconButton } from "./buttons";

interface DialogProps {
  readonly title: string;
  readonly open: boolean;
  readonly onClose: () => void;
  /** Whether only its buttons and Escape close it: what it shows is lost by that. */
  readonly lasting?: boolean;
  /** Whether what it shows needs as much room as there is. */
  readonly wide?: boolean;
  readonly children: ComponentChildren;
}

/** Lies over the page. The browser keeps the focus inside and gives it back when it closes. */
export function Dialog({ title, open, onClose, lasting = false, wide = false, children }: DialogProps) {
  const id = useId();
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    if (open) dialog.current?.showModal();
    else dialog.current?.close();
  }, [open]);
  return (
    <dialog
      ref={dialog}
      class={wide ? "sheet wide" : "sheet"}
      aria-labelledby={id}
      onClose={onClose}
      onClick={(event) => {
        if (event.target === dialog.current && !lasting) onClose();
      }}
    >
      <header>
        <h2 id={id}>{title}</h2>
        <IconButton icon="cross" label={t("Close")} onClick={onClose} />
      </header>
      {children}
    </dialog>
  );
}
