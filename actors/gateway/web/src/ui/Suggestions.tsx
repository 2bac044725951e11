import type { RefObject } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { t } from "../language/texts";
import type { Composer } from "../state/composer";
import { begunAt, suggestionsFor, type Begun, type Suggestion } from "../state/suggestions";
import { useApp } from "./context";

export const LIST = "suggestions";

export interface Offer {
  readonly begun: Begun | null;
  readonly found: readonly Suggestion[];
  readonly at: number;
  /** To be called whenever text or caret may have changed. */
  readonly look: () => void;
  readonly take: (suggestion: Suggestion) => void;
  /** Whether a key was meant for the list. */
  readonly pressed: (event: KeyboardEvent) => boolean;
  readonly close: () => void;
}

/** What is offered for what is being written. */
export function useOffer(composer: Composer, field: RefObject<HTMLTextAreaElement | null>): Offer {
  const { prompts } = useApp().daemon.config.value;
  const [begun, setBegun] = useState<Begun | null>(null);
  const [found, setFound] = useState<readonly Suggestion[]>([]);
  const [at, setAt] = useState(0);
  const asked = useRef(0);
  const close = () => {
    asked.current += 1;
    setBegun(null);
    setFound([]);
  };
  const look = () => {
    const area = field.current;
    const now = area === null ? null : begunAt(area.value, area.selectionStart);
    if (now === null) return begun === null ? undefined : close();
    asked.current += 1;
    const mine = asked.current;
    setBegun(now);
    void suggestionsFor(now, prompts).then((list) => {
      if (mine !== asked.current) return;
      setFound(list);
      setAt(0);
    });
  };
  const take = ({ text }: Suggestion) => {
    const area = field.current;
    if (area === null || begun === null) return;
    const after = composer.text.value.slice(area.selectionStart);
    composer.write(composer.text.value.slice(0, begun.start) + text + after);
    close();
    requestAnimationFrame(() => {
      area.focus();
      area.selectionStart = area.selectionEnd = begun.start + text.length;
      if (text.endsWith("/")) look(); // into the folder
    });
  };
  const pressed = (event: KeyboardEvent): boolean => {
    const chosen = found[at];
    if (begun === null || chosen === undefined || event.isComposing) return false;
    const to = (next: number) => setAt((next + found.length) % found.length);
    if (event.key === "ArrowDown") to(at + 1);
    else if (event.key === "ArrowUp") to(at - 1);
    else if ((event.key === "Enter" && !event.shiftKey && !event.altKey) || event.key === "Tab") take(chosen);
    else if (event.key === "Escape") close();
    else return false;
    event.preventDefault();
    event.stopPropagation();
    return true;
  };
  useEffect(close, [composer]);
  return { begun, found, at, look, take, pressed, close };
}

/** The list above the field. The focus stays in the field. */
export function Suggestions({ offer }: { offer: Offer }) {
  const { begun, found, at, take } = offer;
  if (begun === null || found.length === 0) return null;
  return (
    <ul
      id={LIST}
      class="suggestions"
      role="listbox"
      aria-label={begun.kind === "file" ? t("Files") : t("Skills and prompts")}
    >
      {found.map((each, index) => (
        <li
          key={each.text}
          id={`${LIST}-${index}`}
          role="option"
          aria-selected={index === at}
          onPointerDown={(event) => {
            event.preventDefault(); // the field keeps the focus
            take(each);
          }}
        >
          <bdi class="cut">{each.name}</bdi>
          {each.about !== "" && <small class="cut">{each.about}</small>}
        </li>
      ))}
    </ul>
  );
}
