import { CopyButton } from "@starpod/page";

/** A command for a terminal; `label` is what copying it is called. */
export function Command({ text, label }: { readonly text: string; readonly label: string }) {
  return (
    <p class="command">
      <code>{text}</code>
      <CopyButton text={() => text} label={label} />
    </p>
  );
}
