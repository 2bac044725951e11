import { clock, follow, n, t, TextButton } from "@starpod/page";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import type { Instance, LogLine } from "./protocol";
import { grown, LINES, logOf, nameOf } from "./state";

/** How near its end, in pixels, somebody is who reads along. */
const NEAR = 40;

/** What an instance says, as it says it: the last lines, and no more than the page can bear. */
export function Log({ of: instance }: { readonly of: Instance }) {
  const [lines, setLines] = useState<readonly LogLine[]>([]);
  const [over, setOver] = useState<string | null>(null);
  const [tries, setTries] = useState(0);
  const place = useRef<HTMLDivElement>(null);
  const reads = useRef(true);
  useEffect(() => {
    setLines([]);
    setOver(null);
    return follow<LogLine>(
      logOf(instance.id),
      (more) => setLines((kept) => grown(kept, more)),
      (why) => setOver(why),
    );
  }, [instance.id, tries]);
  useLayoutEffect(() => {
    if (reads.current && place.current !== null) place.current.scrollTop = place.current.scrollHeight;
  }, [lines]);
  return (
    <section aria-label={t("Log")}>
      <h2>{t("Log")}</h2>
      <div
        ref={place}
        class="instance-log"
        role="log"
        aria-live="off"
        aria-label={t("Log of {name}", { name: nameOf(instance) })}
        tabIndex={0}
        onScroll={({ currentTarget: { scrollHeight, scrollTop, clientHeight } }) => {
          reads.current = scrollHeight - scrollTop - clientHeight < NEAR;
        }}
      >
        {lines.length === 0 && <p class="quiet">{over === null ? t("Listening…") : t("Nothing.")}</p>}
        {lines.map((each, at) => (
          <p key={at} class={each.level}>
            {each.timestamp > 0 && <time>{clock(new Date(each.timestamp * 1000))} </time>}
            {each.message}
          </p>
        ))}
      </div>
      {over === null ? (
        <p class="quiet">
          {n(LINES, "The last line, as it comes.", "The last {n} lines at most, as they come.")}
        </p>
      ) : (
        <p role="status">
          {over} <TextButton onClick={() => setTries(tries + 1)}>{t("Follow it again")}</TextButton>
        </p>
      )}
    </section>
  );
}
