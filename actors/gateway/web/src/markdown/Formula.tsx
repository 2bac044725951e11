import { Fragment, h, type VNode } from "preact";
import { useEffect, useState } from "preact/hooks";
import { memo } from "../memo";
import type { SafeNode } from "./sanitise";

interface FormulaProps {
  /** As it was written, with its marks. */
  raw: string;
  /** Whether more of it is to come; it is set when complete. */
  open: boolean;
}

/** A formula, set by the browser from MathML. Until that is there, and where it cannot be read, as it was written. */
export const Formula = memo(function Formula({ raw, open }: FormulaProps) {
  const [set, setSet] = useState<{ raw: string; nodes: readonly SafeNode[] } | null>(null);
  useEffect(() => {
    if (open) return;
    let wanted = true;
    const show = ({ mathOf }: typeof import("./tex")) => {
      const nodes = wanted ? mathOf(raw) : null;
      if (nodes !== null) setSet({ raw, nodes });
    };
    import("./tex").then(show, () => {
      // The daemon is away; a formula as it was written is one all the same.
    });
    return () => {
      wanted = false;
    };
  }, [raw, open]);
  return <span class="formula">{set?.raw === raw ? set.nodes.map(draw) : raw}</span>;
});

function draw(node: SafeNode, key: number): VNode | string {
  if (typeof node === "string") return node;
  return <Fragment key={key}>{h(node.tag, node.attributes, node.children.map(draw))}</Fragment>;
}
