import { t } from "@starpod/page";
import type { SectionProps } from "@starpod/page";
import { Note } from "./Note";
import { Notes } from "./Notes";
import { linesOf } from "./state";

/** All notes, or one of them. */
export default function View({ path: [name, lines] }: SectionProps) {
  return (
    <div class="desk memory" role="region" aria-label={t("Memory")} tabIndex={0}>
      {name === undefined ? <Notes /> : <Note key={name} name={name} hit={linesOf(lines)} />}
    </div>
  );
}
