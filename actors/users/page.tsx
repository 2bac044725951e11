/** People in the page: one's own keys and devices, and for an admin everybody's accounts and the audit log. */

import { t, type Section } from "@starpod/page";
import "./page/page.css";

const section: Section = {
  id: "account",
  title: () => t("Account"),
  rank: 80,
  icon: "M8 2a2.750 2.750 0 1 0 0 5.500A2.750 2.750 0 0 0 8 2zM2.500 13.500a5.500 4.500 0 0 1 11 0z",
  view: () => import("./page/View"),
  heading: ([place, person]) =>
    person ?? (place === "people" ? t("People") : place === "log" ? t("Audit log") : t("Account")),
};

export default section;
