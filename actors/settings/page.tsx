/** The settings in the page: all that the files may set, as forms; and what is asked before there is a model. */

import { t, type Section } from "@starpod/page";
import "./page/page.css";
import "./page/tables.css";
import { titleOf } from "./page/groups";
import { firstPlace } from "./page/state";

const section: Section = {
  id: "settings",
  title: () => t("Settings"),
  rank: 70,
  icon: "M2.500 4.500h5M11 4.500h2.500M9.200 3v3M2.500 8h1.500M7.500 8h6M5.700 6.500v3M2.500 11.500h6M12 11.500h1.500M10.200 10v3",
  admin: true,
  view: () => import("./page/View"),
  heading: ([group]) => titleOf(group),
  first: firstPlace,
};

export default section;
