/** Telegram in the page: how the bot is, and who asks to be let in. */

import { t, type Section } from "@starpod/page";

const section: Section = {
  id: "telegram",
  title: () => t("Telegram"),
  icon: "M14 2.500 2 7.250l3.750 1.500L11.500 5 7 9.500l5 3.750zM5.750 8.750v4l2-2.250",
  view: () => import("./page/View"),
  admin: true,
};

export default section;
