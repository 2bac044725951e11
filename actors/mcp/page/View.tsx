import { CopyButton, Outcome, rich, routeHash, t, TextButton, toSection, useAttempts } from "@starpod/page";
import { useEffect, useState } from "preact/hooks";
import type { OfferedTool, ServerState } from "./protocol";
import { outcomeWords, reconnect, servers, stateWords, tools, toolWords } from "./state";

/** Milliseconds between two looks at how the servers are. */
const LOOK = 5000;

/** The servers whose tools the agent may use. */
export default function View() {
  const [found, setFound] = useState<readonly ServerState[] | null>(null);
  const attempts = useAttempts();
  const look = async () => setFound(await servers());
  useEffect(() => {
    void attempts.attempt(async () => {
      await look();
      return "";
    });
    const timer = setInterval(() => void look().catch(() => undefined), LOOK);
    return () => clearInterval(timer);
  }, []);
  const again = (server: ServerState) =>
    void attempts.attempt(async () => {
      const words = outcomeWords(await reconnect(server.name));
      await look();
      return words;
    });
  return (
    <div class="desk" role="region" aria-label={t("MCP servers")} tabIndex={0}>
      <p>
        <a href={routeHash(toSection("settings", "mcp"))}>{t("Add, change and delete servers")}</a>
      </p>
      <Outcome of={attempts} />
      {found?.length === 0 && <Example />}
      <ul class="entries" aria-label={t("MCP servers")}>
        {found?.map((each) => (
          <Row key={each.name} of={each} onAgain={() => again(each)} />
        ))}
      </ul>
    </div>
  );
}

/** Two servers, as they stand in a file of settings. */
export const EXAMPLE = `[mcp.servers.files]
command = "npx"
args = ["-y", "@modelcontextprotocol/server-filesystem", "/srv/shared"]

[mcp.servers.issues]
url = "https://mcp.example.com/mcp"
headers = { Authorization = "Bearer $ISSUES_TOKEN" }
`;

/** What to write where there is no server yet. */
function Example() {
  return (
    <section class="mcp-example" aria-label={t("An example")}>
      <p class="quiet">
        {rich(
          "None yet. Servers of the Model Context Protocol are added in {settings}, or stand in the agent's file {file}, in a table {table} each: a program on this machine, or an address. What begins with {dollar} is taken from {vault}.",
          {
            settings: <a href={routeHash(toSection("settings", "mcp"))}>{t("the settings")}</a>,
            file: <code>agent.toml</code>,
            table: <code>[mcp.servers.NAME]</code>,
            dollar: <code>$</code>,
            vault: <a href={routeHash(toSection("secrets"))}>{t("the vault")}</a>,
          },
        )}
      </p>
      <pre class="note" tabIndex={0} aria-label={t("An example")}>
        {EXAMPLE}
      </pre>
      <p class="buttons">
        <CopyButton text={() => EXAMPLE} label={t("Copy the example")} />
        <span class="quiet">{t("It counts as soon as the file is saved.")}</span>
      </p>
    </section>
  );
}

interface RowProps {
  readonly of: ServerState;
  readonly onAgain: () => void;
}

function Row({ of: server, onAgain }: RowProps) {
  const [offered, setOffered] = useState<readonly OfferedTool[] | null>(null);
  const open = (shown: boolean) => {
    if (shown) void tools(server.name).then(setOffered, () => setOffered([]));
  };
  return (
    <li>
      <span class="entry-name" dir="auto">
        {server.name}
      </span>
      <span class="entry-facts quiet">
        <span>{stateWords(server)}</span>
        <span>{toolWords(server)}</span>
        <code>{server.where}</code>
      </span>
      {server.error !== "" && <p role="status">{server.error}</p>}
      {server.tools.length > 0 && (
        <details onToggle={(event) => open(event.currentTarget.open)}>
          <summary>
            {t("Tools")}
            <span class="sr-only"> {t("of {name}", { name: server.name })}</span>
          </summary>
          <ul>
            {offered?.map(({ offered_as: name, tool }) => (
              <li key={name}>
                <code>{name}</code>{" "}
                <span class="quiet">{tool.reads ? t("only reads") : t("may change things")}</span>
              </li>
            ))}
          </ul>
        </details>
      )}
      {server.state !== "off" && (
        <span class="buttons">
          <TextButton onClick={onAgain}>
            {t("Connect again")}
            <span class="sr-only">: {server.name}</span>
          </TextButton>
        </span>
      )}
    </li>
  );
}
