/** The agent's home, in the page: folders and files to look at, to change, to bring and to take away. */

import { t, type Section } from "@starpod/page";
import "./page/page.css";

const section: Section = {
  id: "files",
  title: () => t("Files"),
  icon: "M1.500 3h4.500l1.500 2h7v8.500h-13z",
  view: () => import("./page/View"),
  heading: (path) => path.at(-1) ?? t("Files"),
  files: true,
  key: "f",
};

export default section;
