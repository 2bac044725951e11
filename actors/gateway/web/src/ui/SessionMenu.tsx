import { useState } from "preact/hooks";
import { t } from "../language/texts";
import type { Session } from "../protocol";
import { openSession } from "../state/router";
import { save } from "../save";
import { toast } from "../state/toasts";
import { titleOf } from "../title";
import { useApp } from "./context";
import { Labels } from "./Labels";
import { Menu } from "./Menu";

const TYPES = { markdown: "text/markdown", html: "text/html", json: "application/json" } as const;

interface SessionMenuProps {
  session: Session;
  onRename: () => void;
}

/** What can be done with a conversation as a whole. */
export function SessionMenu({ session, onRename }: SessionMenuProps) {
  const { api, sessions, open } = useApp();
  const [labelling, setLabelling] = useState(false);
  const title = titleOf(session);

  const take = async (format: keyof typeof TYPES) => {
    try {
      const [name, text] = await api.taken(session.id, format);
      save(name, text, TYPES[format]);
    } catch (error) {
      toast(t("Not saved. {reason}", { reason: error instanceof Error ? error.message : String(error) }));
    }
  };
  const remove = async () => {
    const here = session.id === openSession.value;
    if ((await sessions.remove(session, title)) && here) open.startFresh();
  };

  return (
    <>
      <Menu
        label={t("More about {title}", { title })}
        items={() => [
          { label: t("Rename"), icon: "pencil", act: onRename },
          {
            label: session.pinned ? t("Unpin") : t("Pin"),
            icon: "pin",
            act: () => void sessions.pin(session, !session.pinned),
          },
          { label: t("Labels"), icon: "tag", act: () => setLabelling(true) },
          session.is_archived
            ? { label: t("Back to the list"), icon: "back", act: () => void sessions.archive(session, false) }
            : { label: t("Archive"), icon: "box", act: () => void sessions.archive(session, true) },
          { label: t("Save as Markdown"), icon: "down", act: () => void take("markdown") },
          { label: t("Save as a page"), icon: "down", act: () => void take("html") },
          { label: t("Save as JSON"), icon: "down", act: () => void take("json") },
          { label: t("Delete"), icon: "bin", act: () => void remove() },
        ]}
      />
      {labelling && <Labels session={session} onClose={() => setLabelling(false)} />}
    </>
  );
}
