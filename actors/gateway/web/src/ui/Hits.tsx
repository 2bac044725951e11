import { t } from "../language/texts";
import type { Hit } from "../protocol";
import { when } from "../format";
import { go, toSession } from "../state/router";
import { sought } from "../state/sought";
import { titleOf } from "../title";
import { useApp } from "./context";

/** Messages that a search found, each with the place. */
export function Hits({ onChosen }: { onChosen: () => void }) {
  const { sessions } = useApp();
  const hits = sessions.hits.value;
  if (hits === null || hits.length === 0) return null;
  const now = new Date();
  const show = (hit: Hit) => {
    sought.value = { session: hit.session.id, turn: hit.turn, query: sessions.query.value };
    go(toSession(hit.session.id));
    onChosen();
  };
  return (
    <section aria-label={t("In messages")}>
      <h2>{t("In messages")}</h2>
      <ul class="found-in">
        {hits.map((hit, index) => (
          <li key={index}>
            <a
              href={`#/chat/${hit.session.id}`}
              onClick={(event) => {
                if (event.ctrlKey || event.metaKey) return;
                event.preventDefault();
                show(hit);
              }}
            >
              <span class="found-head">
                <bdi class="cut">{titleOf(hit.session)}</bdi>
                <time dateTime={hit.at}>{when(new Date(hit.at), now)}</time>
              </span>
              <span class="found-text" dir="auto">
                {hit.excerpt.map((part, place) => (place % 2 === 1 ? <mark key={place}>{part}</mark> : part))}
              </span>
            </a>
          </li>
        ))}
      </ul>
    </section>
  );
}
