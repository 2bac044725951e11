import { Icon, n, routeHash, t, toSection, useApp, type SectionProps } from "@starpod/page";
import { useEffect, useState } from "preact/hooks";
import { First } from "./First";
import { GroupView } from "./GroupView";
import { groupOf, GROUPS } from "./groups";
import type { Field, State } from "./protocol";
import { meetOwner, place, schema, state } from "./state";

/** All that the files may set, group by group; or what is asked before there is a model. */
export default function View({ path }: SectionProps) {
  return path[0] === "first" ? <First who={path[1] === "who"} /> : <Settings id={path[0]} />;
}

function Settings({ id }: { id: string | undefined }) {
  const [fields, setFields] = useState<readonly Field[] | null>(null);
  const [problem, setProblem] = useState("");
  const group = groupOf(id);
  const now = state.value.value;
  const failed = state.problem.value?.message ?? problem;
  useEffect(() => {
    meetOwner();
    schema().then(setFields, (error: unknown) => setProblem(String(error)));
    return state.watch();
  }, []);
  // The daemon tells when other settings are in force; what is wrong with a file it has to be asked.
  const { config } = useApp().daemon;
  useEffect(() => void state.look(), [config.value]);
  return (
    <div class="settings">
      <Groups current={group.id} />
      <div
        class="desk"
        role="region"
        aria-label={t("Settings: {title}", { title: group.title() })}
        tabIndex={0}
      >
        {failed !== "" && (
          <p class="notice warning" role="alert">
            <Icon name="alert" />
            {failed}
          </p>
        )}
        {now !== null && <OfFiles state={now} />}
        <p class="quiet">{group.says()}</p>
        {group.links.length > 0 && (
          <ul class="setting-links" aria-label={t("Elsewhere")}>
            {group.links.map(({ title, section, path = [] }) => (
              <li key={section + path.join()}>
                <a href={routeHash(toSection(section, ...path))}>{title()}</a>
              </li>
            ))}
          </ul>
        )}
        {fields !== null && now !== null ? (
          <GroupView key={group.id} group={group} fields={fields} state={now} />
        ) : (
          failed === "" && <p class="quiet">{t("Reading…")}</p>
        )}
      </div>
    </div>
  );
}

function Groups({ current }: { current: string }) {
  return (
    <nav class="setting-groups" aria-label={t("Groups of settings")}>
      <select
        aria-label={t("Group of settings")}
        value={current}
        onChange={(event) => (location.hash = place(event.currentTarget.value))}
      >
        {GROUPS.map(({ id, title }) => (
          <option key={id} value={id}>
            {title()}
          </option>
        ))}
      </select>
      <ul>
        {GROUPS.map(({ id, title }) => (
          <li key={id}>
            <a href={place(id)} aria-current={id === current ? "page" : undefined}>
              {title()}
            </a>
          </li>
        ))}
      </ul>
    </nav>
  );
}

/** What is the matter with the files as a whole. */
function OfFiles({ state: { mistakes, ignored, waiting } }: { state: State }) {
  return (
    <>
      {mistakes.length > 0 && (
        <div class="notice warning" role="alert">
          <Icon name="alert" />
          <div>
            {t("The files cannot be used as they are. What was in force before still is, and is shown here.")}
            <Mistakes of={mistakes} />
          </div>
        </div>
      )}
      {ignored.length > 0 && (
        <details class="notice passed-over">
          <summary>
            {n(
              ignored.length,
              "One thing in the files is passed over",
              "{n} things in the files are passed over",
            )}
          </summary>
          <Mistakes of={ignored} />
        </details>
      )}
      {waiting.length > 0 && (
        <p class="notice waiting" role="status">
          <Icon name="clock" />
          <span>{t("{keys}: counts once the agent is started anew.", { keys: waiting.join(", ") })}</span>
        </p>
      )}
    </>
  );
}

function Mistakes({ of }: { of: State["mistakes"] }) {
  return (
    <ul>
      {of.map(({ key, text }) => (
        <li key={`${key} ${text}`}>
          {key !== "" && <code>{key}</code>} {text}
        </li>
      ))}
    </ul>
  );
}
