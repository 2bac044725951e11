/** Agents that a hosting backend runs, in the page of an admin: how each is, and what can be done with it. */

import { t, type Section } from "@starpod/page";
import "./page/page.css";

const section: Section = {
  id: "instances",
  title: () => t("Instances"),
  icon: "M2.500 3h11v4h-11zM2.500 9h11v4h-11zM5 5h.01M5 11h.01M11 5h.01M11 11h.01",
  view: () => import("./page/View"),
  admin: true,
};

export default section;
