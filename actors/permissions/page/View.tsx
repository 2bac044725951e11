import { t } from "@starpod/page";
import type { SectionProps } from "@starpod/page";
import { Decisions } from "./Decisions";
import { Granted } from "./Granted";
import { Rules } from "./Rules";
import { Waiting } from "./Waiting";

/** What the agent may do, and what it asks about. */
export default function View(_props: SectionProps) {
  return (
    <div class="desk permissions" role="region" aria-label={t("Permissions")} tabIndex={0}>
      <Waiting />
      <Granted />
      <Rules />
      <Decisions />
    </div>
  );
}
