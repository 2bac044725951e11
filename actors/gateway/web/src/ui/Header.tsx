import type { Session } from "../protocol";
import { t } from "../language/texts";
import { route } from "../state/router";
import { titleOf } from "../title";
import { IconButton } from "./buttons";
import { useApp } from "./context";
import { ChosenModel } from "./ModelChoice";
import { RenameForm } from "./RenameForm";
import { sectionOf } from "./SectionView";
import { SessionMenu } from "./SessionMenu";

interface HeaderProps {
  renaming: boolean;
  onRename: (renaming: boolean) => void;
  onMenu: () => void;
  onNew: () => void;
}

export function Header({ renaming, onRename, onMenu, onNew }: HeaderProps) {
  const app = useApp();
  const session = app.open.session.value;
  return (
    <header class="head">
      <IconButton icon="menu" label={t("Show the list")} class="show-list" onClick={onMenu} />
      {session !== undefined && renaming ? (
        <RenameForm session={session} onDone={() => onRename(false)} />
      ) : (
        <h1 class="cut" dir="auto">
          {headingOf(session)}
        </h1>
      )}
      {session !== undefined && !renaming && session.delegated_by === null && (
        <SessionMenu session={session} onRename={() => onRename(true)} />
      )}
      {route.value.view === "chat" && <ChosenModel />}
      <LinkMark />
      <IconButton icon="plus" label={t("New conversation")} class="show-list" onClick={onNew} />
    </header>
  );
}

/** What the present place of the page is called. */
export function headingOf(session: Session | undefined): string {
  const here = route.value;
  if (here.view === "section") {
    const section = sectionOf(here.section);
    return section?.heading?.(here.path) ?? section?.title() ?? t("Nothing here");
  }
  return session === undefined ? t("New conversation") : titleOf(session);
}

/** Whether the page is at a place with a name of its own. */
export function isNamed(session: Session | undefined): boolean {
  return session !== undefined || route.value.view === "section";
}

function LinkMark() {
  const { name } = useApp().link.value;
  if (name === "ready") return null;
  const words = name === "connecting" ? t("Connecting") : t("Offline");
  return <span class={`link ${name}`}>{words}</span>;
}
