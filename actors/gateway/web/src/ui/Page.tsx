import { useEffect, useRef, useState } from "preact/hooks";
import { go, MESH, route, type Route } from "../state/router";
import type { Session } from "../protocol";
import { sidebarHidden } from "../state/preferences";
import { titleOf } from "../title";
import { IconButton, TextButton } from "./buttons";
import { ComposerBar } from "./ComposerBar";
import { useApp } from "./context";
import { DropZone } from "./DropZone";
import { KeySheet } from "./KeySheet";
import { commandFor, type Command } from "./keys";
import { LinkBanner } from "./LinkBanner";
import { Mesh } from "./Mesh";
import { RenameForm } from "./RenameForm";
import { Sidebar } from "./Sidebar";
import { Toasts } from "./Toasts";
import { Trace } from "./Trace";
import { Transcript } from "./Transcript";

/** As in the style sheet: there the list of conversations lies over the page instead of beside it. */
const SMALL = "(max-width: 760px)";

export function Page() {
  const app = useApp();
  const field = useRef<HTMLTextAreaElement>(null);
  const search = useRef<HTMLInputElement>(null);
  /** Where the shortcut to the mesh leads back to. */
  const before = useRef<Route>({ session: null });
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
    app.startFresh();
    setDrawer(false);
    focusField();
  };

  const commands: Record<Command, () => void> = {
    compose: focusField,
    fresh,
    keys: () => setKeys(true),
    mesh: () => {
      if (route.value.mesh === undefined) before.current = route.value;
      go(route.value.mesh === undefined ? MESH : before.current);
    },
    next: () => step(1),
    previous: () => step(-1),
    rename: () => setRenaming(app.session.value !== undefined),
    search: () => {
      searching.current = !listShown();
      showList(true);
      search.current?.focus();
      // When the list was hidden, the field cannot take the focus before it is shown.
      requestAnimationFrame(() => search.current?.focus());
    },
    sidebar: () => showList(!listShown()),
    stop: () => {
      if (drawer) setDrawer(false);
      else void app.stopTurn();
    },
  };
  const step = (by: number) => {
    const list = app.sessions.shown.value;
    const index = list.findIndex((session) => session.id === route.value.session);
    const next = list[index === -1 ? 0 : index + by];
    if (next !== undefined) go({ session: next.id });
  };

  useKeys(commands);
  useTitle();
  useDrawerFocus(drawer, () => {
    const field = searching.current ? search.current : null;
    searching.current = false;
    return field;
  });
  useEffect(() => {
    setRenaming(false);
    // On a touch screen the focus would bring up the keyboard.
    if (matchMedia("(pointer: fine)").matches) focusField();
  }, [route.value.session, route.value.mesh === undefined]);

  const { mesh } = route.value;
  return (
    <div class={`page${sidebarHidden.value ? " sidebar-hidden" : ""}${drawer ? " drawer-open" : ""}`}>
      {mesh === undefined && (
        <button type="button" class="skip" onClick={focusField}>
          Skip to writing
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
        {mesh === undefined ? (
          <>
            <Transcript field={field} />
            <LinkBanner />
            {app.session.value?.is_closed === true ? <Closed onNew={fresh} /> : <ComposerBar field={field} />}
          </>
        ) : mesh.turn === null ? (
          <Mesh />
        ) : (
          <Trace turn={mesh.turn} />
        )}
      </main>
      <KeySheet open={keys} onClose={() => setKeys(false)} />
      <Toasts />
      <DropZone />
      <div class="sr-only" role="status" aria-live="polite">
        {app.announcement.value}
      </div>
    </div>
  );
}

/** Obeys shortcuts, except while a dialog is open, which has keys of its own. */
function useKeys(commands: Record<Command, () => void>): void {
  const current = useRef(commands);
  current.current = commands;
  useEffect(() => {
    const pressed = (event: KeyboardEvent) => {
      // Asked at the very key: what is drawn may lag behind a dialog that was just closed.
      if (document.querySelector("dialog[open]") !== null) return;
      const command = commandFor(event);
      if (command === null) return;
      event.preventDefault();
      current.current[command]();
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

function useTitle(): void {
  const app = useApp();
  const { agent_name } = app.config.value;
  const session = app.session.value;
  const unread = app.sessions.unread.value;
  const named = session !== undefined || route.value.mesh !== undefined;
  const title = !named ? agent_name : `${heading(session)} · ${agent_name}`;
  useEffect(() => {
    document.title = unread > 0 ? `(${unread}) ${title}` : title;
  }, [title, unread]);
}

interface HeaderProps {
  renaming: boolean;
  onRename: (renaming: boolean) => void;
  onMenu: () => void;
  onNew: () => void;
}

function Header({ renaming, onRename, onMenu, onNew }: HeaderProps) {
  const app = useApp();
  const session = app.session.value;
  return (
    <header class="head">
      <IconButton icon="menu" label="Show the list" class="show-list" onClick={onMenu} />
      {session !== undefined && renaming ? (
        <RenameForm session={session} onDone={() => onRename(false)} />
      ) : (
        <h1 class="cut" dir="auto">
          {heading(session)}
        </h1>
      )}
      {session !== undefined && !renaming && (
        <IconButton icon="pencil" label="Rename (F2)" onClick={() => onRename(true)} />
      )}
      <LinkMark />
      <IconButton icon="plus" label="New conversation" class="show-list" onClick={onNew} />
    </header>
  );
}

function heading(session: Session | undefined): string {
  const { mesh } = route.value;
  if (mesh !== undefined) return mesh.turn === null ? "Mesh" : "Trace";
  return session === undefined ? "New conversation" : titleOf(session);
}

/** A closed conversation can be read, and no more. */
function Closed({ onNew }: { onNew: () => void }) {
  return (
    <div class="banner" role="status">
      <span>This conversation is closed.</span>
      <TextButton onClick={onNew}>Start a new one</TextButton>
    </div>
  );
}

function LinkMark() {
  const { name } = useApp().link.value;
  if (name === "ready") return null;
  const words = name === "connecting" ? "Connecting" : "Offline";
  return <span class={`link ${name}`}>{words}</span>;
}
