import type { ComponentChildren } from "preact";
import { t } from "../language/texts";
import { copyText } from "./clipboard";
import { useFlash } from "./hooks";
import { Icon, type IconName } from "./icons";
import { toast } from "../state/toasts";

interface IconButtonProps {
  id?: string;
  icon: IconName;
  label: string;
  onClick: () => void;
  class?: string;
  pressed?: boolean;
  disabled?: boolean;
}

/** A button that is only a picture; its label is read out and shown on hovering. */
export function IconButton({
  id,
  icon,
  label,
  onClick,
  class: extra = "",
  pressed,
  disabled,
}: IconButtonProps) {
  return (
    <button
      id={id}
      type="button"
      class={`icon-button ${extra}`}
      aria-label={label}
      title={label}
      onClick={onClick}
      disabled={disabled === true}
      {...(pressed === undefined ? {} : { "aria-pressed": pressed })}
    >
      <Icon name={icon} />
    </button>
  );
}

interface TextButtonProps {
  id?: string;
  onClick: () => void;
  children: ComponentChildren;
}

export function TextButton({ id, onClick, children }: TextButtonProps) {
  return (
    <button id={id} type="button" class="text-button" onClick={onClick}>
      {children}
    </button>
  );
}

/** @param text is asked for when the button is pressed. */
export function CopyButton({ text, label }: { text: () => string; label: string }) {
  const [copied, flash] = useFlash(1500);
  const copy = async () => {
    if (await copyText(text())) flash();
    else toast(t("The browser did not let this page use the clipboard."));
  };
  return (
    <IconButton
      icon={copied ? "check" : "copy"}
      label={copied ? t("Copied") : label}
      onClick={() => void copy()}
    />
  );
}
