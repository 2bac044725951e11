import { Fragment, h, type VNode } from "preact";
import { useMemo, useRef } from "preact/hooks";
import { memo } from "../memo";
import { NOTHING, update, type Block, type Blocks } from "./blocks";
import { Code } from "./Code";
import { sanitise, type SafeElement, type SafeNode } from "./sanitise";

interface MarkdownProps {
  text: string;
  /** Whether more of it is to come. */
  growing: boolean;
}

/** Markdown as elements. While the text grows, only its last block is drawn again. */
export const Markdown = memo(function Markdown({ text, growing }: MarkdownProps) {
  const state = useRef<Blocks>(NOTHING);
  try {
    state.current = update(state.current, text, growing);
  } catch {
    // What no parser can take, such as ten thousand nested quotes, is shown as it is.
    return <div class="markdown plain">{text}</div>;
  }
  return (
    <div class={growing ? "markdown growing" : "markdown"}>
      {state.current.blocks.map((block, index) => (
        <MarkdownBlock key={index} html={block.html} open={block.open} />
      ))}
    </div>
  );
});

const MarkdownBlock = memo(function MarkdownBlock({ html, open }: Block) {
  const nodes = useMemo(() => sanitise(html), [html]);
  return <>{nodes.map((node, index) => draw(node, index, open))}</>;
});

type Drawn = VNode | string;

function draw(node: SafeNode, key: number, open: boolean): Drawn {
  if (typeof node === "string") return node;
  const children = node.children.map((child, index) => draw(child, index, open));
  return <Fragment key={key}>{drawElement(node, children, open)}</Fragment>;
}

/** Headings of an answer stand below those of the page. */
const HEADINGS: Readonly<Record<string, string>> = {
  h1: "h3",
  h2: "h4",
  h3: "h5",
  h4: "h6",
  h5: "h6",
  h6: "h6",
};

function drawElement(element: SafeElement, children: Drawn[], open: boolean): VNode {
  const { tag, attributes } = element;
  switch (tag) {
    case "pre":
      return drawCode(element, open);
    case "a":
      return drawLink(attributes, children);
    case "img":
      return <RemoteImage source={attributes["src"]} words={attributes["alt"] ?? ""} />;
    case "input":
      return <input type="checkbox" checked={"checked" in attributes} disabled aria-label="Task" />;
    case "table":
      return (
        <div class="table" role="region" aria-label="Table" tabIndex={0}>
          <table>{children}</table>
        </div>
      );
    case "th":
    case "td": {
      const { align, ...rest } = attributes;
      return h(tag, align === undefined ? rest : { ...rest, class: align }, children);
    }
    default: {
      const heading = HEADINGS[tag];
      return heading === undefined
        ? h(tag, attributes, children)
        : h(heading, { class: `as-${tag}` }, children);
    }
  }
}

function drawCode(element: SafeElement, open: boolean): VNode {
  const [code] = element.children;
  const language = typeof code === "object" ? (code.attributes["class"] ?? "").replace("language-", "") : "";
  return <Code text={textOf(element).replace(/\n$/, "")} language={language} open={open} />;
}

function textOf(node: SafeNode): string {
  return typeof node === "string" ? node : node.children.map(textOf).join("");
}

/** A link opens elsewhere and tells nothing of this page. Without a harmless address only its words are left. */
function drawLink({ href, title }: Readonly<Record<string, string>>, children: Drawn[]): VNode {
  if (href === undefined) return <>{children}</>;
  return (
    <a href={href} target="_blank" rel="noopener noreferrer" {...(title === undefined ? {} : { title })}>
      {children}
    </a>
  );
}

/** A picture from elsewhere is not fetched, which would tell its host who reads: it is a link until pressed. */
function RemoteImage({ source, words }: { source: string | undefined; words: string }) {
  if (source === undefined) return <>{words}</>;
  return (
    <a class="remote-image" href={source} target="_blank" rel="noopener noreferrer">
      {words === "" ? "Picture" : words} <small>{new URL(source).host}</small>
    </a>
  );
}
