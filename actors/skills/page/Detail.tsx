import {
  ApiError,
  beginWith,
  bytes,
  Outcome,
  routeHash,
  Sure,
  t,
  TextButton,
  TextEditor,
  toSection,
  toSession,
  useAttempts,
  when,
} from "@starpod/page";
import { useEffect, useState } from "preact/hooks";
import { History } from "./History";
import type { SkillDetail } from "./protocol";
import { approve, isAdmin, originOf, remove, skill, update, type Address } from "./state";

/** One skill: its text, a field to change it, and what it was. */
export function Detail({ of }: { of: Address }) {
  const [found, setFound] = useState<SkillDetail | null | undefined>(undefined);
  const [draft, setDraft] = useState<string | null>(null);
  const [changes, setChanges] = useState(0);
  const attempts = useAttempts();

  const look = async () => {
    try {
      setFound(await skill(of));
    } catch (error) {
      if (!(error instanceof ApiError) || error.status !== 404) throw error;
      setFound(null);
    }
    setChanges((count) => count + 1);
  };
  const attempt = (act: () => Promise<string>) =>
    attempts.attempt(async () => {
      const words = await act();
      await look();
      return words;
    });
  useEffect(() => void attempt(async () => ""), []);

  const save = () =>
    attempt(async () => {
      if (!found || draft === null) return "";
      await update(of, draft, found.digest);
      setDraft(null);
      return t("Kept.");
    });

  return (
    <>
      <p>
        <a href={routeHash(toSection("skills"))}>{t("All skills")}</a>
      </p>
      <Outcome of={attempts} />
      {found === null && <p class="quiet">{t("There is no such skill.")}</p>}
      {found && (
        <>
          <Facts of={found} />
          {draft === null ? (
            <>
              <pre class="note" tabIndex={0} aria-label={t("Text of the skill")}>
                {found.raw_content}
              </pre>
              <div class="buttons">
                <TextButton onClick={() => beginWith(`/${found.name} `)}>{t("Try it")}</TextButton>
                {found.changeable && (
                  <>
                    <TextButton onClick={() => setDraft(found.raw_content)}>{t("Edit the skill")}</TextButton>
                    {isAdmin() && found.owner !== "" && (
                      <Sure
                        sure={t("Let everybody have it")}
                        onSure={() =>
                          void attempt(async () => {
                            await approve(found);
                            location.hash = routeHash(toSection("skills", found.name));
                            return "";
                          })
                        }
                      >
                        {t("Approve")}
                      </Sure>
                    )}
                    <Sure
                      sure={t("Delete it")}
                      onSure={() =>
                        void attempt(async () => {
                          await remove(of);
                          return t("{name} is deleted.", { name: found.name });
                        })
                      }
                    >
                      {t("Delete")}
                      <span class="sr-only"> {found.name}</span>
                    </Sure>
                  </>
                )}
              </div>
            </>
          ) : (
            <TextEditor
              label={t("Text of the skill")}
              rows={20}
              action={t("Keep")}
              text={draft}
              onText={setDraft}
              onSave={() => void save()}
              onCancel={() => setDraft(null)}
            />
          )}
          <Files of={found} />
        </>
      )}
      {changes > 0 && (
        <History of={of} changes={changes} changeable={found?.changeable ?? true} attempt={attempt} />
      )}
    </>
  );
}

function Facts({ of }: { of: SkillDetail }) {
  return (
    <>
      {of.problems.map((problem) => (
        <p key={problem} class="notice warning" role="note">
          {problem}
        </p>
      ))}
      <p class="entry-facts quiet">
        <span>{originOf(of)}</span>
        <span>{t("changed {when}", { when: when(new Date(of.updated_at), new Date()) })}</span>
        {of.session !== null && <a href={routeHash(toSession(of.session))}>{t("the conversation")}</a>}
        {of.allowed_tools.length > 0 && (
          <span>{t("asks for {tools}", { tools: of.allowed_tools.join(", ") })}</span>
        )}
        {of.compatibility !== null && <span>{of.compatibility}</span>}
      </p>
    </>
  );
}

function Files({ of: { resources } }: { of: SkillDetail }) {
  if (resources.length === 0) return null;
  return (
    <section aria-labelledby="files">
      <h2 id="files">{t("Files that come with it")}</h2>
      <ul class="entries">
        {resources.map(({ path, size }) => (
          <li key={path}>
            <span class="entry-name mono">{path}</span>
            <span class="entry-facts quiet">{bytes(size)}</span>
          </li>
        ))}
      </ul>
    </section>
  );
}
