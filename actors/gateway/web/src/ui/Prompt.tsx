import type { ComponentChildren } from "preact";
import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { t } from "../language/texts";
import type { Attachment } from "../protocol";
import { TextButton } from "./buttons";
import { useApp } from "./context";
import { Files } from "./Files";

interface PromptProps {
  /** What it is known by while the conversation is open; unfolded once, it stays so. */
  id?: string;
  text: string;
  attachments: readonly Attachment[];
  /** What is said of it at its foot. */
  note?: ComponentChildren;
  /** Buttons and time at its right. */
  aside?: ComponentChildren;
  tone?: "plain" | "pending" | "refused";
}

/** What a person wrote, word for word. */
export function Prompt({ id, text, attachments, note, aside, tone = "plain" }: PromptProps) {
  return (
    <div class={`prompt ${tone}`}>
      <Files files={attachments} label={t("Attached files")} />
      {text !== "" && <Folded id={id} text={text} />}
      {aside !== undefined && <div class="prompt-aside">{aside}</div>}
      {note !== undefined && <div class="prompt-note">{note}</div>}
    </div>
  );
}

/** Long text is folded until asked for. */
function Folded({ id, text }: { id: string | undefined; text: string }) {
  const { unfolded } = useApp().open;
  const box = useRef<HTMLParagraphElement>(null);
  const [open, setOpen] = useState(id !== undefined && unfolded.has(id));
  const [long, setLong] = useState(open);
  useLayoutEffect(() => {
    if (box.current !== null && !open) setLong(box.current.scrollHeight > box.current.clientHeight + 4);
  }, [text, open]);
  const turn = () => {
    if (id !== undefined) {
      if (open) unfolded.delete(id);
      else unfolded.add(id);
    }
    setOpen(!open);
  };
  return (
    <>
      <p ref={box} dir="auto" class={open ? "words" : "words folded"}>
        {text}
      </p>
      {long && <TextButton onClick={turn}>{open ? t("Show less") : t("Show all")}</TextButton>}
    </>
  );
}
