import { t } from "@starpod/page";
import type { SectionProps } from "@starpod/page";
import { Detail } from "./Detail";
import { Skills } from "./Skills";
import { addressOf } from "./state";

/** All skills, or one of them. */
export default function View({ path: [name, owner] }: SectionProps) {
  return (
    <div class="desk skills" role="region" aria-label={t("Skills")} tabIndex={0}>
      {name === undefined ? (
        <Skills />
      ) : (
        <Detail key={`${name}/${owner ?? ""}`} of={addressOf(name, owner)} />
      )}
    </div>
  );
}
