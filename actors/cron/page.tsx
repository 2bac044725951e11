/** The schedule in the page: what the agent does by itself, when, and what became of it. */

import { t, type Section } from "@starpod/page";
import "./page/page.css";

const section: Section = {
  id: "cron",
  title: () => t("Schedule"),
  rank: 40,
  icon: "M2.500 3.500h11v10h-11zM2.500 6.500h11M5.500 2v3M10.500 2v3M8 8.500V11l1.500.800",
  view: () => import("./page/View"),
};

export default section;
