import { n, rich, t } from "../language/texts";
import type { App } from "../state/app";
import { go, openSession, route, routeHash, toSection, toSession } from "../state/router";
import { titleOf } from "../title";
import { useApp } from "./context";
import { Icon } from "./icons";

/** The section that shows them all. */
const SECTION = "permissions";
/** Conversations that are named. */
const NAMED = 3;

/** Says that something waits for an answer elsewhere than where one is, and leads there. */
export function ApprovalsBanner() {
  const app = useApp();
  const here = route.value;
  const elsewhere = [...app.approvals.sessions.value].filter((session) => session !== openSession.value);
  if (elsewhere.length === 0 || (here.view === "section" && here.section === SECTION)) return null;
  const more = elsewhere.length - NAMED;
  return (
    <div class="banner warning waits" role="status">
      <span>
        <Icon name="ask" />
        {rich("{agent} waits for your answer in {places}", {
          agent: app.daemon.config.value.agent_name,
          places: elsewhere.slice(0, NAMED).map((session, index) => (
            <span key={session}>
              {index > 0 && ", "}
              <a href={routeHash(toSession(session))}>{nameOf(app, session)}</a>
            </span>
          )),
        })}
        {more > 0 && n(more, " and {n} more", " and {n} more")}.
      </span>
      <a class="text-button" href={routeHash(toSection(SECTION))}>
        {t("See all")}
      </a>
    </div>
  );
}

function nameOf(app: App, session: string): string {
  const known = app.sessions.get(session);
  return known === undefined ? t("another conversation") : titleOf(known);
}

/** Moves the focus to the next question in view; where there is none, to the oldest one, wherever it is. */
export function showNextQuestion(app: App): void {
  const cards = [...document.querySelectorAll<HTMLElement>("main .approval")];
  const at = cards.findIndex((card) => card.contains(document.activeElement));
  const next = cards[(at + 1) % Math.max(1, cards.length)];
  if (next !== undefined) {
    next.focus();
    next.scrollIntoView({ block: "nearest" });
    return;
  }
  const first = app.approvals.waiting.value[0];
  if (first === undefined) return;
  app.approvals.wanted.value = first.id;
  go(toSession(first.session_id));
}
