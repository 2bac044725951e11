/** What is remembered, in the page: notes with what they were, and a search over all of them. */

import { t, type Section } from "@starpod/page";
import "./page/page.css";

const section: Section = {
  id: "memory",
  title: () => t("Memory"),
  rank: 20,
  icon: "M4 2.500h7.500a1 1 0 0 1 1 1v10a1 1 0 0 1-1 1H4a1 1 0 0 1-1-1v-10a1 1 0 0 1 1-1zM5.500 5.500h4.500M5.500 8h4.500M5.500 10.500h2.500",
  view: () => import("./page/View"),
  heading: ([name]) => name ?? t("Memory"),
};

export default section;
