/** Which turns are near what is in view: only those are drawn with all that they have. */

import { createContext, type RefObject } from "preact";
import { useContext, useEffect, useState } from "preact/hooks";

/** How far from what is in view a turn is drawn, so that nobody sees it being done. */
const NEAR = "2400px 0px";

type Told = (near: boolean, height: number) => void;

/** One observer for all turns of a scrolling box. */
export class Sight {
  private observer: IntersectionObserver | null = null;
  private readonly watched = new Map<Element, Told>();

  constructor(private readonly box: () => Element | null) {}

  /** Tells whether an element is near, now and whenever that changes, until the returned function is called. */
  watch(element: Element, told: Told): () => void {
    this.observer ??= new IntersectionObserver((entries) => this.changed(entries), {
      root: this.box(),
      rootMargin: NEAR,
    });
    this.watched.set(element, told);
    this.observer.observe(element);
    return () => {
      this.watched.delete(element);
      this.observer?.unobserve(element);
    };
  }

  private changed(entries: readonly IntersectionObserverEntry[]): void {
    for (const entry of entries) {
      // The box itself is out of sight: that says nothing about what is in it.
      if (entry.rootBounds !== null && entry.rootBounds.width === 0) continue;
      this.watched.get(entry.target)?.(entry.isIntersecting, entry.boundingClientRect.height);
    }
  }
}

export const SightContext = createContext<Sight | null>(null);

interface Seen {
  readonly near: boolean;
  /** Height in CSS pixels when it was last drawn; null before. */
  readonly height: number | null;
}

/**
 * Whether an element is near what is in view. Where nothing scrolls, everything is.
 *
 * @param first whether it is drawn before anything is known of where it stands.
 */
export function useSight(element: RefObject<HTMLElement | null>, first: boolean): Seen {
  const sight = useContext(SightContext);
  const [seen, setSeen] = useState<Seen>({ near: first || sight === null, height: null });
  useEffect(() => {
    const { current } = element;
    if (current === null || sight === null) return;
    return sight.watch(current, (near, height) =>
      setSeen((before) => {
        if (near === before.near || (!near && isHeld(current))) return before;
        return near ? { near, height: before.height } : { near, height };
      }),
    );
  }, [sight]);
  return seen;
}

/** Whether somebody is at work in it, wherever it has been scrolled to: nothing of that may be lost. */
function isHeld(element: HTMLElement): boolean {
  if (element.contains(document.activeElement)) return true;
  if (element.querySelector('[aria-expanded="true"], details[open]') !== null) return true;
  const selection = getSelection();
  return selection !== null && !selection.isCollapsed && selection.getRangeAt(0).intersectsNode(element);
}
