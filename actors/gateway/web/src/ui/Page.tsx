import sections from "@starpod/sections";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { t } from "../language/texts";
import type { Session } from "../protocol";
import { account } from "../state/account";
import { announcement } from "../state/announcement";
import { sidebarHidden } from "../state/preferences";
import { FRESH, go, openSession, route, routeHash, toSection, toSession, type Route } from "../state/router";
import { dismissNewest } from "../state/toasts";
import { ApprovalsBanner, showNextQuestion } from "./ApprovalsBanner";
import { TextButton } from "./buttons";
import { ComposerBar } from "./ComposerBar";
import { useApp } from "./context";
import { DropZone } from "./DropZone";
import { FileSheet } from "./FileSheet";
import { Header, headingOf, isNamed } from "./Header";
import { KeySheet } from "./KeySheet";
import { commandFor, type Command } from "./keys";
import { LinkBanner } from "./LinkBanner";
import { SectionView } from "./SectionView";
import { Sidebar } from "./Sidebar";
import { SubagentBar } from "./Subagent";
import { Toasts } from "./Toasts";
import { Transcript } from "./Transcript";
import { UndeliveredBanner } from "./UndeliveredBanner";
import { UnlockedBanner, UnlockSheet } from "./Unlock";

/** As in the style sheet: there the list of conversations lies over the page instead of beside it. */
const SMALL = "(max-width: 760px)";

export function Page() {
  const app = useApp();
  const field = useRef<HTMLTextAreaElement>(null);
  const search = useRef<HTMLInputElement>(null);
  /** Where the shortcut to a section leads back to. */
  const before = useRef<Route>(FRESH);
  /** Whether the list is being opened for its search field. */
  const searching = useRef(false);
  const [drawer, setDrawer] = useState(false);
  const [keys, setKeys] = useState(false);
  const [renaming, setRenaming] = useState(false);

  const focusField = () => field.current?.focus();
  const showList = (shown: boolean) => {
    if (matchMedia(SMALL).matches) setDrawer(shown);
    else sidebarHidden.value = !shown;
  };
  const listShown = () => (matchMedia(SMALL).matches ? drawer : !sidebarHidden.value);
  const fresh = () => {
    app.open.startFresh();
    setDrawer(false);
    focusField();
  };

  const commands: Record<Extract<Command, string>, () => void> = {
    answer: () => showNextQuestion(app),
    compose: focusField,
    fresh,
    keys: () => setKeys(true),
    next: () => step(1),
    previous: () => step(-1),
    rename: () => setRenaming(app.open.session.value !== undefined),
    search: () => {
      searching.current = !listShown();
      showList(true);
      search.current?.focus();
      // When the list was hidden, the field cannot take the focus before it is shown. Where it has it, who is quick may
      // have gone on by the next frame.
      if (document.activeElement !== search.current) requestAnimationFrame(() => search.current?.focus());
    },
    sidebar: () => showList(!listShown()),
    stop: () => {
      if (drawer) setDrawer(false);
      else if (!dismissNewest()) void app.open.stop();
    },
  };
  const command = (given: Command) => {
    if (typeof given === "string") commands[given]();
    else toSectionAndBack(given.section);
  };
  const toSectionAndBack = (id: string) => {
    const here = route.value;
    if (here.view === "chat") before.current = here;
    go(here.view === "section" && here.section === id ? before.current : toSection(id));
  };
  const step = (by: number) => {
    const list = app.sessions.shown.value;
    const index = list.findIndex((session) => session.id === openSession.value);
    const next = list[index === -1 ? 0 : index + by];
    if (next !== undefined) go(toSession(next.id));
  };

  useKeys(command);
  useTitle();
  useFirst();
  useDrawerFocus(drawer, () => {
    const field = searching.current ? search.current : null;
    searching.current = false;
    return field;
  });
  // Not in an effect, which comes a frame later: who is quick may have gone on by then.
  useLayoutEffect(() => {
    setRenaming(false);
    // On a touch screen the focus would bring up the keyboard.
    if (matchMedia("(pointer: fine)").matches) focusField();
  }, [openSession.value, route.value.view]);

  const here = route.value;
  return (
    <div class={`page${sidebarHidden.value ? " sidebar-hidden" : ""}${drawer ? " drawer-open" : ""}`}>
      {here.view === "chat" && (
        <button type="button" class="skip" onClick={focusField}>
          {t("Skip to writing")}
        </button>
      )}
      <Sidebar
        search={search}
        onNew={fresh}
        onHide={() => showList(false)}
        onKeys={() => setKeys(true)}
        onChosen={() => setDrawer(false)}
      />
      {drawer && <div class="shade" onClick={() => setDrawer(false)} />}
      <main inert={drawer}>
        <Header renaming={renaming} onRename={setRenaming} onMenu={() => showList(true)} onNew={fresh} />
        <UnlockedBanner />
        <UndeliveredBanner />
        <ApprovalsBanner />
        {here.view === "chat" ? (
          <>
            <Toasts />
            <Transcript />
            <LinkBanner />
            {app.open.session.value?.is_closed === true ? (
              <Closed session={app.open.session.value} onNew={fresh} />
            ) : (
              <ComposerBar field={field} />
            )}
          </>
        ) : (
          <>
            <SectionView key={here.section} id={here.section} path={here.path} />
            <Toasts />
          </>
        )}
      </main>
      <KeySheet open={keys} onClose={() => setKeys(false)} />
      <FileSheet />
      <UnlockSheet />
      <DropZone />
      <div class="sr-only" role="status" aria-live="polite">
        {announcement.value}
      </div>
    </div>
  );
}

/** Obeys shortcuts, except while a dialog is open, which has keys of its own. */
function useKeys(obey: (command: Command) => void): void {
  const current = useRef(obey);
  current.current = obey;
  useEffect(() => {
    const pressed = (event: KeyboardEvent) => {
      // Asked at the very key: what is drawn may lag behind a dialog that was just closed.
      if (document.querySelector("dialog[open]") !== null) return;
      const command = commandFor(event);
      if (command === null) return;
      event.preventDefault();
      current.current(command);
    };
    addEventListener("keydown", pressed);
    return () => removeEventListener("keydown", pressed);
  }, []);
}

/**
 * The focus goes into the drawer when it opens and back to its button when it closes.
 *
 * @param wanted what is to have it in the drawer; null for its first button.
 */
function useDrawerFocus(drawer: boolean, wanted: () => HTMLElement | null): void {
  const opened = useRef(false);
  useEffect(() => {
    if (drawer) (wanted() ?? document.querySelector<HTMLElement>(".sidebar button"))?.focus();
    else if (opened.current) document.querySelector<HTMLElement>(".show-list")?.focus();
    opened.current = drawer;
  }, [drawer]);
}

/** Leads an admin who opens the page with nothing in mind to what has to be done first, once. */
function useFirst(): void {
  const { default_model: model } = useApp().daemon.config.value;
  const admin = account.value?.role === "admin";
  const asked = useRef(false);
  useEffect(() => {
    if (!admin || model === null || asked.current) return;
    asked.current = true;
    for (const { id, first } of sections) {
      first?.(model).then(
        (path) => path !== null && routeHash(route.value) === routeHash(FRESH) && go(toSection(id, ...path)),
        () => undefined, // then it is as if there were nothing to do
      );
    }
  }, [admin, model]);
}

function useTitle(): void {
  const app = useApp();
  const { agent_name } = app.daemon.config.value;
  const session = app.open.session.value;
  const unread = app.sessions.unread.value + app.approvals.waiting.value.length;
  const title = isNamed(session) ? `${headingOf(session)} · ${agent_name}` : agent_name;
  useEffect(() => {
    document.title = unread > 0 ? `(${unread}) ${title}` : title;
  }, [title, unread]);
}

/** A closed conversation can be read, and no more. */
function Closed({ session, onNew }: { session: Session; onNew: () => void }) {
  if (session.delegated_by !== null) return <SubagentBar session={session} />;
  return (
    <div class="banner" role="status">
      <span>{t("This conversation is closed.")}</span>
      <TextButton onClick={onNew}>{t("Start a new one")}</TextButton>
    </div>
  );
}
