import { Outcome, rich, routeHash, t, toSection, Unlocking, useAttempts } from "@starpod/page";
import { useEffect, useState } from "preact/hooks";
import { Hooks } from "./Hooks";
import type { Hook, Run } from "./protocol";
import { Runs } from "./Runs";
import { hooks, runs, switchHook } from "./state";

/** Milliseconds between two looks at what has happened. */
const LOOK = 5000;

/** Which hooks there are, and what came of them lately. */
export default function View() {
  const [found, setFound] = useState<{ hooks: Hook[]; runs: Run[] } | null>(null);
  const attempts = useAttempts();
  const look = async () => {
    const [all, lately] = await Promise.all([hooks(), runs()]);
    setFound({ hooks: all, runs: lately });
  };
  useEffect(() => {
    void attempts.attempt(async () => {
      await look();
      return "";
    });
    const timer = setInterval(() => void look().catch(() => undefined), LOOK);
    return () => clearInterval(timer);
  }, []);
  const turn = (name: string, on: boolean) =>
    void attempts.attempt(async () => {
      await switchHook(name, on);
      await look();
      return on ? t("{name} is called again.", { name }) : t("{name} is not called any more.", { name });
    });
  return (
    <div class="desk hooks" role="region" aria-label={t("Hooks")} tabIndex={0}>
      <p class="quiet">
        {rich(
          "Commands of yours that the agent calls when something happens. Each is a folder with a {file} in {folder}; {command} tries one.",
          {
            file: <code>HOOK.md</code>,
            folder: <code>.starpod/hooks</code>,
            command: <code>starpod hooks test</code>,
          },
        )}
      </p>
      <p>
        <a href={routeHash(toSection("settings", "hooks"))}>{t("Settings of hooks")}</a>
      </p>
      <Unlocking />
      <Outcome of={attempts} />
      {found !== null && (
        <>
          <Hooks of={found.hooks} onSwitch={turn} />
          <Runs of={found.runs} />
        </>
      )}
    </div>
  );
}
