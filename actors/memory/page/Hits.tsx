import type { Found } from "./protocol";
import { placeOf } from "./state";

/** What a search has found, best first; each leads to its place. */
export function Hits({ hits }: { hits: readonly Found[] }) {
  if (hits.length === 0) return <p role="status">Nothing fits.</p>;
  return (
    <section aria-labelledby="hits">
      <h2 id="hits">Found</h2>
      {!hits.every((hit) => hit.complete) && (
        <p class="quiet">Notes are still being indexed; more may be found in a moment.</p>
      )}
      <ol class="hits">
        {hits.map((hit) => (
          <li key={hit.citation}>
            <a href={placeOf(hit.source, hit)}>
              {hit.source}, {hit.line_start === hit.line_end ? "line" : "lines"} {spelt(hit)}
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
  first === last ? String(first) : `${first} to ${last}`;
