/** Servers of the Model Context Protocol in the page: how each is, and what it offers. */

import { t, type Section } from "@starpod/page";

const section: Section = {
  id: "servers",
  title: () => t("MCP servers"),
  icon: "M2.500 3.500h11v3.500h-11zM2.500 9h11v3.500h-11zM5 5.250h.01M5 10.750h.01M8 5.250h3M8 10.750h3",
  view: () => import("./page/View"),
  admin: true,
};

export default section;
