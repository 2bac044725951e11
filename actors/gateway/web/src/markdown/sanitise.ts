/**
 * The only way from a string to elements. HTML of a model, or of anybody it quotes, becomes a tree of the few elements
 * and attributes named here, twice over: DOMPurify filters by this list, and only what is on it is copied out. Nothing
 * is ever put into the page as markup: there is no `innerHTML` here or elsewhere.
 */

import createDOMPurify, { type DOMPurify } from "dompurify";
import { isHomeAddress } from "./home";
import { isSafeAddress } from "./html";

/** What is left of an element. Its attributes are on the list of its tag, its addresses are harmless. */
export interface SafeElement {
  readonly tag: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: readonly SafeNode[];
}

export type SafeNode = string | SafeElement;

const PLAIN =
  "br hr ol h1 h2 h3 h4 h5 h6 blockquote pre ul table thead tbody tr code strong em del sub sup kbd mark u".split(
    " ",
  );

const TAGS: Readonly<Record<string, readonly string[]>> = {
  a: ["href", "title", "class"],
  p: ["class"],
  span: ["class"],
  li: ["value"],
  th: ["align"],
  td: ["align"],
  input: ["type", "checked", "disabled"],
  ...Object.fromEntries(PLAIN.map((tag) => [tag, []])),
};

const ATTRIBUTES = [...new Set(Object.values(TAGS).flat())];

/** Deeper nesting is cut to its text; no honest answer has it. */
const DEEPEST = 60;

let purifier: DOMPurify | null = null;
let mathPurifier: DOMPurify | null = null;

/** With its rules read once: they are the same for every block. */
function purify(html: string): DocumentFragment {
  if (purifier === null) {
    purifier = createDOMPurify(window);
    purifier.setConfig({
      RETURN_DOM_FRAGMENT: true,
      ALLOWED_TAGS: Object.keys(TAGS),
      ALLOWED_ATTR: ATTRIBUTES,
      ALLOW_DATA_ATTR: false,
      ALLOW_ARIA_ATTR: false,
      ALLOWED_URI_REGEXP: /^(?:https?|mailto|home):/i,
      // All others it would hold against that pattern, as if they were addresses.
      ADD_URI_SAFE_ATTR: ATTRIBUTES.filter((name) => name !== "href"),
    });
  }
  return purifier.sanitize(html) as unknown as DocumentFragment;
}

export function sanitise(html: string): SafeNode[] {
  return copyChildren(purify(html), 0);
}

/** What KaTeX makes of a formula, with the attributes that a formula needs. */
const MATH =
  "math mrow mi mn mo ms mtext mspace msup msub msubsup mfrac msqrt mroot mover munder munderover mtable mtr mtd mstyle mpadded mphantom".split(
    " ",
  );
const MATH_ATTRIBUTES =
  "accent accentunder depth display displaystyle fence form height largeop linethickness lspace mathvariant maxsize minsize movablelimits rspace scriptlevel separator stretchy symmetric voffset width columnalign columnspacing rowspacing".split(
    " ",
  );
const MATH_VALUE = /^[\w.%+ -]{1,60}$/;

/** As {@link sanitise}, for MathML; what is beside it is left out. */
export function sanitiseMath(html: string): SafeNode[] {
  mathPurifier ??= createDOMPurify(window);
  const fragment = mathPurifier.sanitize(html, {
    RETURN_DOM_FRAGMENT: true,
    ALLOWED_TAGS: [...MATH, "span", "semantics"],
    ALLOWED_ATTR: MATH_ATTRIBUTES,
    FORBID_CONTENTS: ["annotation"],
    ALLOW_DATA_ATTR: false,
    ALLOW_ARIA_ATTR: false,
  });
  return [...fragment.querySelectorAll("math")].map((math) => copyMath(math, 0));
}

function copyMath(element: Element, depth: number): SafeElement {
  const attributes = Object.fromEntries(
    MATH_ATTRIBUTES.map((name) => [name, element.getAttribute(name)] as const).filter(
      (pair): pair is readonly [string, string] => pair[1] !== null && MATH_VALUE.test(pair[1]),
    ),
  );
  return {
    tag: element.localName,
    attributes,
    children: depth > DEEPEST ? [] : copyMathChildren(element, depth),
  };
}

function copyMathChildren(parent: Element, depth: number): SafeNode[] {
  return [...parent.childNodes].flatMap((node): SafeNode[] => {
    if (node.nodeType === Node.TEXT_NODE) return [node.nodeValue ?? ""];
    if (node.nodeType !== Node.ELEMENT_NODE) return [];
    const element = node as Element;
    if (element.localName === "semantics") return copyMathChildren(element, depth);
    return MATH.includes(element.localName) ? [copyMath(element, depth + 1)] : [];
  });
}

function copyChildren(parent: Node, depth: number): SafeNode[] {
  const copies: SafeNode[] = [];
  for (const node of parent.childNodes) {
    const copy = copyNode(node, depth);
    const last = copies.length - 1;
    if (copy === null) continue;
    if (typeof copy === "string" && typeof copies[last] === "string") copies[last] += copy;
    else copies.push(copy);
  }
  return copies;
}

function copyNode(node: Node, depth: number): SafeNode | null {
  if (node.nodeType === Node.TEXT_NODE) return node.nodeValue ?? "";
  if (node.nodeType !== Node.ELEMENT_NODE) return null;
  const element = node as Element;
  const tag = element.localName;
  const allowed = Object.hasOwn(TAGS, tag) ? TAGS[tag] : undefined;
  if (allowed === undefined || depth > DEEPEST) return element.textContent;
  const attributes: Record<string, string> = {};
  for (const name of allowed) {
    const value = element.getAttribute(name);
    if (value !== null && harmless(name, value)) attributes[name] = value;
  }
  if (tag === "input" && attributes["type"] !== "checkbox") return null;
  return { tag, attributes, children: copyChildren(element, depth + 1) };
}

function harmless(name: string, value: string): boolean {
  switch (name) {
    case "href":
      return isSafeAddress(value) || isHomeAddress(value);
    case "class":
      return /^(?:written|info|address|picture|formula|hljs[\w -]*)$/.test(value);
    case "align":
      return /^(?:left|center|right)$/.test(value);
    case "value":
      return /^\d{1,9}$/.test(value);
    default:
      return true;
  }
}
