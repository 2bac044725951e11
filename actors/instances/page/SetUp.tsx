import { rich, t } from "@starpod/page";
import { Command } from "./Command";

const HERE = "http://127.0.0.1:8417";

/** The first page: there is no backend yet, and this is how one is found. `reason` is what is wrong with one that was meant. */
export function SetUp({ reason }: { readonly reason: string }) {
  return (
    <>
      <section aria-labelledby="none">
        <h2 id="none">{t("There is no hosting backend yet")}</h2>
        <p>
          {t(
            "A hosting backend runs agents for you, on other machines or on this one. Once there is one, this page shows what runs there, and you start, pause and delete it here.",
          )}
        </p>
        {reason !== "" && <p role="status">{reason}</p>}
      </section>
      <section aria-labelledby="have">
        <h2 id="have">{t("If you have one")}</h2>
        <p>
          {t("Log in, on this machine and as the user who runs this agent. This page finds it by itself.")}
        </p>
        <Command text="starpod auth login --url https://host.example.com" label={t("Copy the login")} />
        <p class="quiet">
          {rich("Or name it in the {settings} as {url}, and keep its key under {secrets} as {key}.", {
            settings: <a href="#/s/settings">{t("settings")}</a>,
            url: <code>instances.url</code>,
            secrets: <a href="#/s/secrets">{t("secrets")}</a>,
            key: <code>STARPOD_INSTANCE_BACKEND_KEY</code>,
          })}
        </p>
      </section>
      <section aria-labelledby="own">
        <h2 id="own">{t("If you have none")}</h2>
        <p>
          {t(
            "This machine can be one, if it runs Linux: each instance is a process of its own, in a folder of its own.",
          )}
        </p>
        <Command text="starpod host" label={t("Copy the command that runs a host")} />
        <p>{t("It goes on until you stop it. Then, in another terminal:")}</p>
        <Command
          text={`starpod auth login --url ${HERE} --paste < ~/.starpod/host/host.key`}
          label={t("Copy the login at the host of this machine")}
        />
      </section>
    </>
  );
}
