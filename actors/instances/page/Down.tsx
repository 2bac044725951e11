import { clock, Icon, t } from "@starpod/page";
import { Command } from "./Command";
import type { Overview } from "./protocol";
import { addressOf, nameOf, statusWords, troubleWords } from "./state";

interface DownProps {
  readonly of: Overview;
  /** What was seen before, if anything was. */
  readonly known: Overview | null;
  readonly asOf: Date | null;
}

/** The backend cannot be asked: what goes on all the same, and what does not. */
export function Down({ of: seen, known, asOf }: DownProps) {
  return (
    <>
      <p class="notice warning" role="alert">
        <Icon name="alert" />
        {troubleWords(seen)}
      </p>
      <p class="quiet">{seen.reason}</p>
      {seen.trouble === "key_refused" && seen.url !== null && (
        <>
          <p>{t("A new login fetches another key:")}</p>
          <Command text={`starpod auth login --url ${seen.url}`} label={t("Copy the login")} />
        </>
      )}
      <section aria-labelledby="reachable">
        <h2 id="reachable">{t("What can be reached meanwhile")}</h2>
        <ul class="plain">
          <li>{t("This agent, with all its conversations and files: it does not need the backend.")}</li>
          <li>
            {t("Instances that run: they go on, each at its own address, as far as their machine is up.")}
          </li>
        </ul>
        <h2>{t("What cannot")}</h2>
        <ul class="plain">
          <li>{t("Making, pausing, starting and deleting instances, their logs, and how they are.")}</li>
          {seen.monitored && (
            <li>{t("The monitor: an instance that gets stuck now is not started anew.")}</li>
          )}
        </ul>
        <p class="quiet">{t("This page asks again by itself.")}</p>
      </section>
      {known !== null && asOf !== null && known.instances.length > 0 && (
        <section aria-labelledby="before">
          <h2 id="before">{t("As it was at {time}", { time: clock(asOf) })}</h2>
          <ul class="plain" aria-label={t("Instances as they were")}>
            {known.instances.map((each) => (
              <li key={each.id}>
                <span dir="auto">{nameOf(each)}</span> <span class="quiet">{statusWords(each)}</span>{" "}
                <Address of={addressOf(each)} />
              </li>
            ))}
          </ul>
        </section>
      )}
    </>
  );
}

/** Where an instance is found, if that is known. */
export function Address({ of: url }: { readonly of: string | null }) {
  if (url === null) return null;
  return (
    <a href={url} target="_blank" rel="noreferrer noopener">
      {url}
    </a>
  );
}
