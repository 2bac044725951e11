import type { SectionProps } from "@starpod/page";
import { Mesh } from "./Mesh";
import { Trace } from "./Trace";

/** The mesh, or the trace of one turn. */
export default function View({ path: [place, turn] }: SectionProps) {
  return place === "trace" && turn !== undefined ? <Trace turn={turn} /> : <Mesh />;
}
