import { useEffect, useState } from "preact/hooks";
import { t } from "../language/texts";
import { memo } from "../memo";
import { CopyButton, IconButton } from "../ui/buttons";
import { Framed } from "./Framed";
import { sanitise, type SafeNode } from "./sanitise";

interface CodeProps {
  text: string;
  /** What stands behind the opening fence: the language, and whatever else. */
  info: string;
  /** Whether more of it is to come; it is coloured when complete. */
  open: boolean;
}

/** Languages that can be shown as what they describe, each in a frame of its own. */
const FRAMES: Readonly<Record<string, "diagram" | "preview">> = {
  html: "preview",
  mermaid: "diagram",
  svg: "preview",
};

/** Characters up to which code is coloured; more would be felt. */
const LONGEST = 60_000;

/** A block of code with its language, colours, and buttons to wrap and to copy. */
export const Code = memo(function Code({ text, info, open }: CodeProps) {
  const language = /^\W?[\w+#.-]+/.exec(info)?.[0].replace(/^\W/, "").toLowerCase() ?? "";
  const [wrapped, setWrapped] = useState(false);
  const coloured = useColours(text, language, open);
  const frame = FRAMES[language];
  const [chosen, setShown] = useState<boolean | null>(null);
  const [failed, setFailed] = useState<string | null>(null);
  // A diagram is drawn at once; a page, which may have scripts, once somebody wants to see it.
  const shown = !open && frame !== undefined && failed === null && (chosen ?? frame === "diagram");
  return (
    <div class={wrapped ? "code wrapped" : "code"}>
      <div class="code-head">
        <span class="cut">{info === "" ? "text" : info}</span>
        {frame !== undefined && !open && (
          <IconButton
            icon={shown ? "file" : "image"}
            label={shown ? t("Show what was written") : t("Show what it looks like")}
            onClick={() => {
              setFailed(null);
              setShown(!shown);
            }}
          />
        )}
        <IconButton
          icon="wrap"
          label={t("Wrap lines")}
          pressed={wrapped}
          onClick={() => setWrapped(!wrapped)}
        />
        <CopyButton label={t("Copy code")} text={() => text} />
      </div>
      {failed !== null && <p class="code-failed">{t("It cannot be drawn: {failed}", { failed })}</p>}
      {shown ? (
        <Framed
          frame={frame}
          title={frame === "diagram" ? t("Diagram") : t("Preview")}
          source={text}
          onFailed={setFailed}
        />
      ) : (
        <pre tabIndex={0}>
          <code>{coloured === null ? text : coloured.map(drawSpan)}</code>
        </pre>
      )}
    </div>
  );
});

function drawSpan(node: SafeNode, key: number) {
  if (typeof node === "string") return node;
  return (
    <span key={key} class={node.attributes["class"] ?? ""}>
      {node.children.map(drawSpan)}
    </span>
  );
}

function useColours(text: string, language: string, open: boolean): SafeNode[] | null {
  const [coloured, setColoured] = useState<{ text: string; nodes: SafeNode[] } | null>(null);
  useEffect(() => {
    if (open || language === "" || text.length > LONGEST) return;
    let wanted = true;
    const show = ({ colour }: typeof import("./languages")) => {
      const html = wanted ? colour(text, language) : null;
      if (html !== null) setColoured({ text, nodes: sanitise(html) });
    };
    import("./languages").then(show, () => {
      // The daemon is away; code without colours is code all the same.
    });
    return () => {
      wanted = false;
    };
  }, [text, language, open]);
  return coloured?.text === text ? coloured.nodes : null;
}
