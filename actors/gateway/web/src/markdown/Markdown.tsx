import { Fragment, h, type VNode } from "preact";
import { useMemo, useRef } from "preact/hooks";
import { t } from "../language/texts";
import { memo } from "../memo";
import { NOTHING, update, type Block, type Blocks } from "./blocks";
import { Code } from "./Code";
import { directionOf } from "./direction";
import { Formula } from "./Formula";
import { isHomeAddress } from "./home";
import { HomeLink } from "./HomeLink";
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
  return <>{drawAll(nodes, { open, inList: false })}</>;
});

type Drawn = VNode | string;

interface Place {
  /** Whether more text is to come. */
  readonly open: boolean;
  /** Lists within a list stand on its side. */
  readonly inList: boolean;
}

function draw(node: SafeNode, key: number, place: Place): Drawn {
  if (typeof node === "string") return node;
  return <Fragment key={key}>{drawElement(node, place)}</Fragment>;
}

function drawAll(nodes: readonly SafeNode[], place: Place): Drawn[] {
  return nodes.map((child, index) => draw(child, index, place));
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

function drawElement(element: SafeElement, place: Place): VNode {
  const { tag, attributes } = element;
  switch (tag) {
    case "pre":
      return drawCode(element, place);
    case "a":
      return drawLink(element, place);
    case "span":
      if (attributes["class"] !== "formula") return drawPlain(element, place);
      return <Formula raw={textOf(element)} open={place.open} />;
    case "input":
      return <input type="checkbox" checked={"checked" in attributes} disabled aria-label={t("Task")} />;
    case "table":
      return (
        <div class="table" role="region" aria-label={t("Table")} tabIndex={0} {...directed(element, place)}>
          <table>{drawAll(element.children, place)}</table>
        </div>
      );
    case "th":
    case "td": {
      const { align, ...rest } = attributes;
      return h(tag, align === undefined ? rest : { ...rest, class: align }, drawAll(element.children, place));
    }
    default:
      return drawPlain(element, place);
  }
}

function drawPlain(element: SafeElement, place: Place): VNode {
  const { tag, attributes } = element;
  const heading = HEADINGS[tag];
  const look = heading === undefined ? attributes : { class: `as-${tag}` };
  const within = LISTS.has(tag) ? { ...place, inList: true } : place;
  return h(heading ?? tag, { ...look, ...directed(element, place) }, drawAll(element.children, within));
}

/** Blocks whose own words decide how they run. The text of entries and cells does so too, by the style sheet. */
const DIRECTED: ReadonlySet<string> = new Set("p h1 h2 h3 h4 h5 h6 ul ol blockquote table".split(" "));
const LISTS: ReadonlySet<string> = new Set(["ul", "ol"]);

/** Code, names and addresses keep to themselves wherever they stand. */
const APART: ReadonlySet<string> = new Set(["code", "kbd"]);

function directed(element: SafeElement, { inList }: Place): { dir?: "ltr" | "rtl" | "auto" } {
  if (isApart(element)) return { dir: "auto" };
  if (!DIRECTED.has(element.tag) || (inList && LISTS.has(element.tag))) return {};
  const dir = directionOf(element.children.map(prose).join(""));
  return dir === null ? {} : { dir };
}

function isApart({ tag, attributes }: SafeElement): boolean {
  return APART.has(tag) || attributes["class"] === "address" || attributes["class"] === "formula";
}

/** Words that tell the language: those of a block without its code and addresses. */
function prose(node: SafeNode): string {
  if (typeof node === "string") return node;
  if (node.tag === "pre" || isApart(node)) return " ";
  return `${node.children.map(prose).join("")}${/^(?:p|li|t[dhr]|h\d)$/.test(node.tag) ? " " : ""}`;
}

function drawCode({ children }: SafeElement, place: Place): VNode {
  const [info, code] = children.length > 1 ? children : ["", children[0] ?? ""];
  return <Code text={textOf(code ?? "").replace(/\n$/, "")} info={textOf(info ?? "")} open={place.open} />;
}

function textOf(node: SafeNode): string {
  return typeof node === "string" ? node : node.children.map(textOf).join("");
}

/** A link opens elsewhere and tells nothing of this page. Without a harmless address only its words are left. */
function drawLink({ attributes, children }: SafeElement, place: Place): VNode {
  const { href, title, class: kind } = attributes;
  const words = drawAll(children, place);
  if (href === undefined) return <>{words}</>;
  if (isHomeAddress(href))
    return (
      <HomeLink address={href} title={title} picture={kind === "picture"}>
        {words}
      </HomeLink>
    );
  return (
    <a
      href={href}
      target="_blank"
      rel="noopener noreferrer"
      {...(title === undefined ? {} : { title })}
      {...(kind === "picture" ? { class: "remote-image" } : {})}
    >
      {words}
      {/* A picture from elsewhere is not fetched, which would tell its host who reads: it is a link until pressed. */}
      {kind === "picture" && <small dir="ltr">{` ${new URL(href).host}`}</small>}
    </a>
  );
}
