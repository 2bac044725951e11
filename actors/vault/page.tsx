/** The vault in the page: one's own secrets, to an admin all there are and who looked. Values are never shown. */

import { t, type Section } from "@starpod/page";
import "./page/page.css";

const section: Section = {
  id: "secrets",
  title: () => t("Secrets"),
  icon: "M3.500 7h9v6.500h-9zM5.500 7V5a2.500 2.500 0 0 1 5 0v2M8 9.700v1.300",
  view: () => import("./page/View"),
};

export default section;
