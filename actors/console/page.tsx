/** The mesh in the page: the actors, what passes between them, and the traces of turns. */

import { t, type Section } from "@starpod/page";
import "./page/mesh.css";
import "./page/trace.css";

const section: Section = {
  id: "mesh",
  title: () => t("Mesh"),
  icon: "M8 5.500V8M4 10.500 8 8l4 2.500M8 2a1.750 1.750 0 1 0 0 3.500A1.750 1.750 0 0 0 8 2zM3 10.250a1.750 1.750 0 1 0 0 3.500 1.750 1.750 0 0 0 0-3.500zm10 0a1.750 1.750 0 1 0 0 3.500 1.750 1.750 0 0 0 0-3.500z",
  key: "m",
  view: () => import("./page/View"),
  heading: ([place]) => (place === "trace" ? t("Trace") : t("Mesh")),
  turns: { title: () => t("Trace"), path: (turn) => ["trace", turn] },
};

export default section;
