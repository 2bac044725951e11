/** Consent in the page: what waits for an answer, what was granted, the rules, and what was decided. */

import { t, type Section } from "@starpod/page";
import "./page/page.css";

const section: Section = {
  id: "permissions",
  title: () => t("Permissions"),
  icon: "M8 1.500 13 3.500v4c0 3.200-2.100 5.700-5 7-2.900-1.300-5-3.800-5-7v-4zM5.500 7.800l1.800 1.800 3.200-3.400",
  view: () => import("./page/View"),
};

export default section;
