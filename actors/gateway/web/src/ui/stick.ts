import type { RefObject } from "preact";
import { useCallback, useEffect, useRef, useState } from "preact/hooks";

/** Distance from the end, in CSS pixels, up to which the view follows what is added. */
const NEAR = 80;

export interface Stick {
  /** Whether the end is in view, so that the view follows it. */
  readonly near: boolean;
  readonly toEnd: (smooth?: boolean) => void;
}

/** Keeps the end in view while it is in view; who has scrolled up is left alone. */
export function useStick(
  scroller: RefObject<HTMLElement | null>,
  content: RefObject<HTMLElement | null>,
): Stick {
  const [near, setNear] = useState(true);
  const following = useRef(true);

  const toEnd = useCallback((smooth = false) => {
    following.current = true;
    setNear(true);
    scroller.current?.scrollTo({
      top: scroller.current.scrollHeight,
      behavior: smooth ? "smooth" : "instant",
    });
  }, []);

  useEffect(() => {
    const box = scroller.current;
    if (box === null || content.current === null) return;
    let top = box.scrollTop;
    const scrolled = () => {
      const close = box.scrollHeight - box.clientHeight - box.scrollTop <= NEAR;
      // Growing content moves the end away without anybody scrolling; only a move upwards lets go of it.
      if (close) following.current = true;
      else if (box.scrollTop < top) following.current = false;
      top = box.scrollTop;
      setNear(following.current);
    };
    const grown = new ResizeObserver(() => {
      if (following.current) box.scrollTop = box.scrollHeight;
      else scrolled();
    });
    box.addEventListener("scroll", scrolled, { passive: true });
    grown.observe(content.current);
    grown.observe(box);
    return () => {
      box.removeEventListener("scroll", scrolled);
      grown.disconnect();
    };
  }, []);

  return { near, toEnd };
}
