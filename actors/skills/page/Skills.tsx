import { account, Outcome, rich, t, useAttempts } from "@starpod/page";
import { useEffect, useState } from "preact/hooks";
import { New } from "./New";
import type { Skill } from "./protocol";
import { isAdmin, originOf, placeOf, skills } from "./state";

/** What the agent has learned to do. */
export function Skills() {
  const [found, setFound] = useState<readonly Skill[] | null>(null);
  const attempts = useAttempts();
  const role = account.value?.role;
  useEffect(() => {
    if (role === undefined) return;
    void attempts.attempt(async () => {
      setFound(await skills());
      return "";
    });
  }, [role]);
  const waiting = found?.filter(({ owner, origin }) => isAdmin() && owner !== "" && origin === "model") ?? [];
  const others = found?.filter((skill) => !waiting.includes(skill)) ?? [];

  return (
    <>
      <p class="quiet">
        {rich(
          "Instructions for what the agent does often. It knows their names and takes one up when a task fits; write {command} to have it do so at once.",
          { command: <code>/name</code> },
        )}
      </p>
      <Outcome of={attempts} />
      {waiting.length > 0 && (
        <section aria-labelledby="waiting">
          <h2 id="waiting">{t("For you to look at")}</h2>
          <p class="quiet">
            {t("The model wrote these. Until you approve one, only whoever it was for has it.")}
          </p>
          <List skills={waiting} label={t("Skills that wait for approval")} />
        </section>
      )}
      {found !== null && (
        <>
          {others.length === 0 ? (
            <p class="quiet">{t("None yet.")}</p>
          ) : (
            <List skills={others} label={t("All skills")} />
          )}
          <New />
        </>
      )}
    </>
  );
}

function List({ skills, label }: { skills: readonly Skill[]; label: string }) {
  return (
    <ul class="entries" aria-label={label}>
      {skills.map((skill) => (
        <li key={`${skill.owner}/${skill.name}`}>
          <span class="entry-name">
            <a href={placeOf(skill)}>{skill.name}</a>{" "}
            {skill.owner !== "" && (
              <small class="badge">
                {skill.owner === account.value?.user_id
                  ? t("yours alone")
                  : t("of {name}", { name: skill.owner })}
              </small>
            )}{" "}
            {!skill.visible && <small class="badge">{t("left out")}</small>}{" "}
            {skill.problems.length > 0 && <small class="badge">{t("something is wrong")}</small>}
          </span>
          <span class="entry-facts quiet">
            <span class="skill-description">{skill.description}</span>
            <span>{originOf(skill)}</span>
          </span>
        </li>
      ))}
    </ul>
  );
}
