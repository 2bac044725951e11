import { useEffect, useState } from "preact/hooks";
import type { ToolPart } from "../conversation/model";
import { cost } from "../format";
import { t } from "../language/texts";
import { ApiError, api } from "../net/api";
import type { Session, Subagent } from "../protocol";
import { routeHash, toSession } from "../state/router";
import { useApp } from "./context";

/** Name of the tool that starts one. */
export const STARTS_ONE = "Agent";
/** Milliseconds until it is looked for again while its call runs: it may be waiting for its turn. */
const AGAIN = 1500;

/** Leads from a call to the conversation of the subagent that carries it out. */
export function SubagentLink({ tool, turnId }: { tool: ToolPart; turnId: string }) {
  const found = useSubagent(tool, turnId);
  if (typeof found === "string") return <p class="notice warning">{found}</p>;
  if (found === null) {
    return (
      <p class="quiet">{tool.state === "running" ? t("It waits for its turn.") : t("It was not started.")}</p>
    );
  }
  const spent = found.used.usd > 0 ? ` (${cost(found.used.usd)})` : "";
  return (
    <p>
      <a class="text-button" href={routeHash(toSession(found.session))}>
        {t("Read its conversation")}
      </a>
      <span class="quiet">{spent}</span>
    </p>
  );
}

/** The subagent of a call, null while there is none, or why it is not known. */
function useSubagent(tool: ToolPart, turnId: string): Subagent | string | null {
  const [found, setFound] = useState<Subagent | string | null>(null);
  const waits = found === null && tool.state === "running";
  useEffect(() => {
    const read = () => {
      api.subagents(turnId).then(
        (all) => setFound(all.find(({ call }) => call === tool.id) ?? null),
        (error: unknown) => setFound(error instanceof ApiError ? error.message : String(error)),
      );
    };
    read();
    if (!waits) return;
    const timer = setInterval(read, AGAIN);
    return () => clearInterval(timer);
  }, [turnId, tool.id, tool.state, waits]);
  return found;
}

/** What stands in place of the composer below the conversation of a subagent. */
export function SubagentBar({ session }: { session: Session }) {
  const app = useApp();
  return (
    <div class="banner" role="status">
      <span>
        {app.open.running.value
          ? t("A subagent works here; nobody else can write.")
          : t("A subagent has worked here; it is to be read only.")}
      </span>
      {app.open.running.value && (
        <button type="button" class="stop" onClick={() => void app.open.stop()}>
          <span class="stop-square" aria-hidden="true" />
          {t("Stop")}
        </button>
      )}
      {session.parent !== null && (
        <a class="text-button" href={routeHash(toSession(session.parent))}>
          {t("Back to who asked it")}
        </a>
      )}
    </div>
  );
}
