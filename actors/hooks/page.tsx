/** Hooks in the page: which there are, and what came of them lately. */

import { t, type Section } from "@starpod/page";
import "./page/page.css";

const section: Section = {
  id: "hooks",
  title: () => t("Hooks"),
  icon: "M9 2.500h3.500M10.750 2.500V9a3.750 3.750 0 0 1-7.500 0V7.500L1.500 9.250M3.250 7.500 5 9.250",
  view: () => import("./page/View"),
  admin: true,
};

export default section;
