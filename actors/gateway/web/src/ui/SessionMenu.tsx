import { useState } from "preact/hooks";
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
      toast(`Not saved. ${error instanceof Error ? error.message : String(error)}`);
    }
  };
  const remove = async () => {
    const here = session.id === openSession.value;
    if ((await sessions.remove(session, title)) && here) open.startFresh();
  };

  return (
    <>
      <Menu
        label={`More about ${title}`}
        items={() => [
          { label: "Rename", icon: "pencil", act: onRename },
          {
            label: session.pinned ? "Unpin" : "Pin",
            icon: "pin",
            act: () => void sessions.pin(session, !session.pinned),
          },
          { label: "Labels", icon: "tag", act: () => setLabelling(true) },
          session.is_archived
            ? { label: "Back to the list", icon: "back", act: () => void sessions.archive(session, false) }
            : { label: "Archive", icon: "box", act: () => void sessions.archive(session, true) },
          { label: "Save as Markdown", icon: "down", act: () => void take("markdown") },
          { label: "Save as a page", icon: "down", act: () => void take("html") },
          { label: "Save as JSON", icon: "down", act: () => void take("json") },
          { label: "Delete", icon: "bin", act: () => void remove() },
        ]}
      />
      {labelling && <Labels session={session} onClose={() => setLabelling(false)} />}
    </>
  );
}
