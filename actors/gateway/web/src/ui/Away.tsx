import type { Turn } from "../conversation/model";
import { t } from "../language/texts";
import { useApp } from "./context";

/** Characters of a line, and pixels of a line and of what stands around the words. */
const LINE = { characters: 85, height: 26, around: 150 };

/** The words of a turn that is far from what is in view: whoever searches the page or has it read out finds them. */
export function Away({ turn }: { turn: Turn }) {
  const { agent_name } = useApp().daemon.config.value;
  return (
    <>
      {turn.prompt !== null && (
        <>
          <h2 class="sr-only">{t("You said")}</h2>
          <p>{turn.prompt.text}</p>
        </>
      )}
      <h2 class="sr-only">{t("{agent} answered", { agent: agent_name })}</h2>
      <p>{answered(turn).join("\n\n")}</p>
    </>
  );
}

function answered({ parts }: Turn): string[] {
  return parts.flatMap((part) => (part.kind === "text" || part.kind === "followup" ? [part.text] : []));
}

/** About how high a turn will be that was never drawn, in CSS pixels. */
export function guess(turn: Turn): number {
  const texts = [turn.prompt?.text ?? "", ...answered(turn)];
  const lines = texts
    .flatMap((text) => text.split("\n"))
    .map((line) => 1 + Math.floor(line.length / LINE.characters));
  const others = turn.parts.filter((part) => part.kind !== "text").length;
  return LINE.around + LINE.height * (lines.reduce((sum, each) => sum + each, 0) + 1.5 * others);
}
