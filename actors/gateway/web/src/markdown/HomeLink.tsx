import { createContext, type ComponentChildren } from "preact";
import { useContext } from "preact/hooks";
import { fileHash, openHere } from "../state/opened";
import { homePath, partOf, written } from "./home";

/** The folder in which a text lies, from home on: its links start there. */
export const HomeFolder = createContext("");

interface HomeLinkProps {
  readonly address: string;
  /** What was written to be told about it. */
  readonly title?: string | undefined;
  readonly children: ComponentChildren;
}

/** A link to a file in the agent's home, which is shown here. One that leads out of home is no link. */
export function HomeLink({ address, title, children }: HomeLinkProps) {
  const path = homePath(address, useContext(HomeFolder));
  if (path === null)
    return (
      <>
        {children} <span class="address">({written(address)})</span>
      </>
    );
  const told = [partOf(address), title].filter(Boolean).join(" ");
  const open = (event: MouseEvent) => openHere(event, path);
  return (
    <a
      class="home-link"
      href={fileHash(path)}
      {...(told === "" ? {} : { title: told })}
      {...(written(address).endsWith("/") ? {} : { onClick: open })}
    >
      {children}
    </a>
  );
}
