import sections from "@starpod/sections";
import type { RefObject } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { dayGroup, when } from "../format";
import { t } from "../language/texts";
import { memo } from "../memo";
import { BASE } from "../net/base";
import type { Session } from "../protocol";
import type { Section } from "../section";
import { account } from "../state/account";
import { nextTheme, theme } from "../state/preferences";
import { looksAtFiles } from "../state/rights";
import { openSession, route, routeHash, toSection, toSession } from "../state/router";
import { jobName, titleOf } from "../title";
import { IconButton, TextButton } from "./buttons";
import { useApp } from "./context";
import { Drawing, Icon, Star } from "./icons";
import { Hits } from "./Hits";
import { RenameForm } from "./RenameForm";
import { SessionMenu } from "./SessionMenu";

interface SidebarProps {
  search: RefObject<HTMLInputElement | null>;
  onNew: () => void;
  onHide: () => void;
  onKeys: () => void;
  /** Called when a conversation was chosen. */
  onChosen: () => void;
}

export function Sidebar({ search, onNew, onHide, onKeys, onChosen }: SidebarProps) {
  const app = useApp();
  return (
    <nav class="sidebar" aria-label={t("Conversations")}>
      <header>
        <Star />
        <strong class="cut">{app.daemon.config.value.agent_name}</strong>
        <IconButton icon="menu" label={t("Hide the list")} onClick={onHide} />
      </header>
      <div class="sidebar-top">
        <button type="button" class="new" onClick={onNew}>
          <Icon name="plus" />
          {t("New conversation")}
        </button>
        <SearchField field={search} />
        <Which />
      </div>
      <SessionGroups onChosen={onChosen} />
      <footer>
        <ThemeButton />
        {sections
          .filter(({ admin }) => admin !== true || account.value?.role === "admin")
          .filter(({ files }) => files !== true || looksAtFiles.value)
          .map((section) => (
            <SectionLink key={section.id} section={section} onChosen={onChosen} />
          ))}
        <a class="nav-link" href={`${BASE}/docs`} target="_blank" rel="noopener" hreflang="en">
          <Icon name="book" />
          {t("Guide")}
        </a>
        <IconButton icon="keys" label={t("Keyboard shortcuts (?)")} class="keys" onClick={onKeys} />
        <small class="cut">
          {app.daemon.config.value.version !== "" && `Starpod ${app.daemon.config.value.version}`}
        </small>
      </footer>
    </nav>
  );
}

function SectionLink({ section, onChosen }: { section: Section; onChosen: () => void }) {
  const here = route.value.view === "section" && route.value.section === section.id;
  return (
    <a
      class="nav-link"
      href={routeHash(toSection(section.id))}
      aria-current={here ? "page" : undefined}
      onClick={onChosen}
    >
      <Drawing path={section.icon} />
      {section.title()}
    </a>
  );
}

function SearchField({ field }: { field: RefObject<HTMLInputElement | null> }) {
  const { sessions } = useApp();
  return (
    <div class="search" role="search" aria-label={t("Search conversations")}>
      <Icon name="search" />
      <input
        ref={field}
        type="search"
        placeholder={t("Search conversations")}
        aria-label={t("Search conversations")}
        value={sessions.query.value}
        onInput={(event) => sessions.search(event.currentTarget.value)}
        onKeyDown={(event) => {
          if (event.key === "Escape" && sessions.query.value !== "") {
            event.stopPropagation();
            sessions.search("");
          }
          if (event.key === "ArrowDown") {
            event.preventDefault();
            document.querySelector<HTMLElement>(".sessions a")?.focus();
          }
        }}
      />
    </div>
  );
}

/** Which conversations are on the list. */
function Which() {
  const { sessions } = useApp();
  const { label, labels, archived } = sessions;
  return (
    <select
      class="which"
      aria-label={t("Which conversations")}
      value={archived.value ? "archived" : label.value === null ? "" : `label ${label.value}`}
      onChange={({ currentTarget: { value } }) =>
        sessions.narrow(value.startsWith("label ") ? value.slice(6) : null, value === "archived")
      }
    >
      <option value="">{t("All conversations")}</option>
      {labels.value.map(({ name, count }) => (
        <option key={name} value={`label ${name}`}>
          {name} ({count})
        </option>
      ))}
      <option value="archived">{t("Archive")}</option>
    </select>
  );
}

function ThemeButton() {
  const icons = { system: "auto", light: "sun", dark: "moon" } as const;
  const names = { system: t("Theme: as the system"), light: t("Theme: light"), dark: t("Theme: dark") };
  return <IconButton icon={icons[theme.value]} label={names[theme.value]} onClick={nextTheme} />;
}

function SessionGroups({ onChosen }: { onChosen: () => void }) {
  const { sessions } = useApp();
  const shown = sessions.shown.value;
  const pinned = sessions.pinned.value;
  const groups: [string, readonly Session[]][] = [[t("Pinned"), pinned], ...byDay(sessions.rest.value)];
  return (
    <div class="sessions" onKeyDown={walk}>
      {groups
        .filter(([, members]) => members.length > 0)
        .map(([day, members]) => (
          <section key={day} aria-label={day}>
            <h2>{day}</h2>
            <ul>
              {members.map((session) => (
                <SessionRow
                  key={session.id}
                  session={session}
                  current={session.id === openSession.value}
                  onChosen={onChosen}
                />
              ))}
            </ul>
          </section>
        ))}
      <Hits onChosen={onChosen} />
      {shown.length === 0 && (sessions.hits.value ?? []).length === 0 && <NoSessions />}
      {shown.length > 0 && sessions.more.value && <More />}
    </div>
  );
}

function byDay(sessions: readonly Session[]): [string, Session[]][] {
  const now = new Date();
  const groups = new Map<string, Session[]>();
  for (const session of sessions) {
    const day = dayGroup(new Date(session.last_message_at), now);
    groups.set(day, [...(groups.get(day) ?? []), session]);
  }
  return [...groups];
}

/** Arrow keys go from one conversation to the next. */
function walk(event: KeyboardEvent): void {
  const step = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
  if (step === 0 || event.altKey || !(event.target instanceof HTMLAnchorElement)) return;
  const links = [...document.querySelectorAll<HTMLElement>(".sessions a")];
  event.preventDefault();
  links[links.indexOf(event.target) + step]?.focus();
}

function NoSessions() {
  const { sessions } = useApp();
  if (sessions.problem.value !== null) {
    return (
      <div class="sessions-note" role="alert">
        <p>{sessions.problem.value}</p>
        <TextButton onClick={() => void sessions.refresh()}>{t("Try again")}</TextButton>
      </div>
    );
  }
  if (sessions.loading.value) return <p class="sessions-note">{t("Reading…")}</p>;
  return (
    <p class="sessions-note">
      {sessions.query.value === "" ? t("No conversations yet") : t("Nothing was found")}
    </p>
  );
}

/** Reads the next page when it comes into view. */
function More() {
  const { sessions } = useApp();
  const mark = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (mark.current === null) return;
    const watch = new IntersectionObserver(([entry]) => {
      if (entry?.isIntersecting === true) void sessions.loadMore();
    });
    watch.observe(mark.current);
    return () => watch.disconnect();
  }, [sessions.shown.value.length]);
  return (
    <div ref={mark} class="sessions-note">
      <TextButton onClick={() => void sessions.loadMore()}>{t("Show more")}</TextButton>
    </div>
  );
}

interface SessionRowProps {
  session: Session;
  current: boolean;
  onChosen: () => void;
}

const SessionRow = memo(function SessionRow({ session, current, onChosen }: SessionRowProps) {
  const [renaming, setRenaming] = useState(false);
  if (renaming) {
    return (
      <li class="session renaming">
        <RenameForm session={session} onDone={() => setRenaming(false)} />
      </li>
    );
  }
  const unread = !session.is_read && !current;
  return (
    <li class={unread ? "session unread" : "session"}>
      <a
        href={routeHash(toSession(session.id))}
        aria-current={current ? "page" : undefined}
        onClick={onChosen}
        onKeyDown={(event) => {
          if (event.key === "F2") setRenaming(true);
        }}
      >
        <bdi class="session-title cut">{titleOf(session)}</bdi>
        <Origin session={session} />
        <SessionMark session={session} unread={unread} />
      </a>
      <SessionMenu session={session} onRename={() => setRenaming(true)} />
    </li>
  );
});

/** Where a conversation comes from, unless it is from here: the job that began it, or the channel. */
function Origin({ session: { channel, triggered_by } }: { session: Session }) {
  if (triggered_by !== null) {
    return (
      <small class="badge job cut">
        <span class="sr-only">{t("job")} </span>
        {jobName(triggered_by)}
      </small>
    );
  }
  return channel === "main" ? null : <small class="badge">{channel}</small>;
}

function SessionMark({ session, unread }: { session: Session; unread: boolean }) {
  if (useApp().approvals.sessions.value.has(session.id)) {
    return (
      <span class="waits-for-you">
        <Icon name="ask" />
        <span class="sr-only">{t("waits for your answer")}</span>
      </span>
    );
  }
  if (session.running) {
    return (
      <span class="spinner">
        <span class="sr-only">{t("at work")}</span>
      </span>
    );
  }
  return (
    <>
      <time dateTime={session.last_message_at}>{when(new Date(session.last_message_at), new Date())}</time>
      {unread && (
        <span class="unread-dot">
          <span class="sr-only">{t("unread")}</span>
        </span>
      )}
    </>
  );
}
