import { createContext, type ComponentChildren } from "preact";
import { useContext, useState } from "preact/hooks";
import { rawUrl } from "../net/files";
import { kindOf } from "../preview/kinds";
import { fileHash, openHere } from "../state/opened";
import { homePath, partOf, written } from "./home";

/** The folder in which a text lies, from home on: its links start there. */
export const HomeFolder = createContext("");

interface HomeLinkProps {
  readonly address: string;
  /** What was written to be told about it. */
  readonly title?: string | undefined;
  /** Whether it is a picture that is to be seen. */
  readonly picture?: boolean;
  readonly children: ComponentChildren;
}

/** A link to a file in the agent's home, which is shown here. One that leads out of home is no link. */
export function HomeLink({ address, title, picture = false, children }: HomeLinkProps) {
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
      {picture && kindOf(path) === "picture" ? <Picture path={path}>{children}</Picture> : children}
    </a>
  );
}

/** A picture of home, which tells nobody that it is looked at; its words where it is not to be had. */
function Picture({ path, children }: { path: string; children: ComponentChildren }) {
  const [failed, setFailed] = useState(false);
  if (failed) return <>{children}</>;
  const alt = [children].flat().filter((each) => typeof each === "string");
  return <img src={rawUrl(path)} alt={alt.join("")} loading="lazy" onError={() => setFailed(true)} />;
}
