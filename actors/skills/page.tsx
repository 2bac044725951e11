/** Skills in the page: what the agent has learned to do, who wrote it, and what waits for an admin. */

import { t, type Section } from "@starpod/page";
import "./page/page.css";

const section: Section = {
  id: "skills",
  title: () => t("Skills"),
  rank: 30,
  icon: "M8 2.500l1.700 3.500 3.800.500-2.800 2.700.700 3.800L8 11.200 4.600 13l.700-3.800L2.500 6.500 6.300 6z",
  view: () => import("./page/View"),
  heading: ([name]) => name ?? t("Skills"),
};

export default section;
