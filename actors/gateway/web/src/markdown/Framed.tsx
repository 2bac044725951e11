import { useEffect, useRef, useState } from "preact/hooks";
import { BASE } from "../net/base";
import { theme } from "../state/preferences";

interface FramedProps {
  readonly frame: "diagram" | "preview";
  readonly title: string;
  /** What is drawn. */
  readonly source: string;
  /** Is told why nothing can be drawn. */
  readonly onFailed?: (why: string) => void;
}

/** CSS pixels: before a frame has told how high it is, and the most. */
const HEIGHT = 120;
const HIGHEST = 2000;

/**
 * What a model has written, in a frame that is of no origin: it reaches neither this page nor the network. Of what it
 * says only a number, and a text to be shown, are believed.
 */
export function Framed({ frame, title, source, onFailed }: FramedProps) {
  const place = useRef<HTMLIFrameElement>(null);
  const [height, setHeight] = useState(HEIGHT);
  useEffect(() => {
    if (place.current !== null) place.current.height = String(height);
  }, [height]);
  const looks = useLooks();
  useEffect(() => {
    const send = () => {
      place.current?.contentWindow?.postMessage({ source, looks }, "*");
    };
    const heard = (event: MessageEvent<unknown>) => {
      if (event.source === null || event.source !== place.current?.contentWindow) return;
      const said = (event.data ?? {}) as Record<string, unknown>;
      if (said["kind"] === "ready") send();
      if (typeof said["height"] === "number" && Number.isFinite(said["height"]))
        setHeight(Math.max(24, Math.min(HIGHEST, Math.ceil(said["height"]))));
      if (typeof said["failed"] === "string") onFailed?.(said["failed"].slice(0, 500));
    };
    addEventListener("message", heard);
    send();
    return () => removeEventListener("message", heard);
  }, [source, looks]);
  return (
    <iframe
      ref={place}
      class={`framed ${frame}`}
      title={title}
      sandbox="allow-scripts"
      src={`${BASE}/frames/${frame}.html`}
      loading="lazy"
    />
  );
}

/** The theme of the page: the one that was chosen, or else that of the system, as it changes. */
function useLooks(): "dark" | "light" {
  const [dark, setDark] = useState(false);
  const chosen = theme.value;
  useEffect(() => {
    if (chosen !== "system") return;
    const system = matchMedia("(prefers-color-scheme: dark)");
    const follow = () => setDark(system.matches);
    follow();
    system.addEventListener("change", follow);
    return () => system.removeEventListener("change", follow);
  }, [chosen]);
  return chosen === "system" ? (dark ? "dark" : "light") : chosen;
}
