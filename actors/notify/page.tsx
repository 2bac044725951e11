/** Notifications in the page: how one is told what one has not asked for, and what has not arrived. */

import { t, type Section } from "@starpod/page";
import "./page/page.css";

const section: Section = {
  id: "notify",
  title: () => t("Notifications"),
  rank: 50,
  icon: "M8 2.500a3.500 3.500 0 0 0-3.500 3.500c0 3.500-1.500 5-1.500 5h10s-1.500-1.500-1.500-5A3.500 3.500 0 0 0 8 2.500zM6.750 13.500h2.500",
  view: () => import("./page/View"),
};

export default section;
