/** The costs in the page: what models were asked for and what it cost, to an admin of everybody, to others their own. */

import { t, type Section } from "@starpod/page";
import "./page/page.css";

const section: Section = {
  id: "costs",
  title: () => t("Costs"),
  rank: 60,
  icon: "M2.500 13.500h11M4 13.500V9M8 13.500V3.500M12 13.500V6.500",
  view: () => import("./page/View"),
};

export default section;
