import { t } from "@starpod/page";
import type { Found } from "./protocol";
import { placeOf } from "./state";

/** What a search has found, best first; each leads to its place. */
export function Hits({ hits }: { hits: readonly Found[] }) {
  if (hits.length === 0) return <p role="status">{t("Nothing fits.")}</p>;
  return (
    <section aria-labelledby="hits">
      <h2 id="hits">{t("Found")}</h2>
      {!hits.every((hit) => hit.complete) && (
        <p class="quiet">{t("Notes are still being indexed; more may be found in a moment.")}</p>
      )}
      <ol class="hits">
        {hits.map((hit) => (
          <li key={hit.citation}>
            <a href={placeOf(hit.source, hit)}>
              {hit.source}, {spelt(hit)}
            </a>
            <p class="hit-text">{hit.text}</p>
            <p class="quiet">
              {hit.date !== null && `${hit.date} · `}
              {hit.why}
            </p>
          </li>
        ))}
      </ol>
    </section>
  );
}

const spelt = ({ line_start: first, line_end: last }: Found) =>
  first === last
    ? t("line {first}", { first: String(first) })
    : t("lines {first} to {last}", { first: String(first), last: String(last) });
