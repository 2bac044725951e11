import { useEffect, useId, useState } from "preact/hooks";
import type { ToolPart } from "../conversation/model";
import { duration, passed } from "../format";
import { t } from "../language/texts";
import { addressOf } from "../markdown/home";
import { HomeLink } from "../markdown/HomeLink";
import { memo } from "../memo";
import { CopyButton, TextButton } from "./buttons";
import { Changes } from "./Changes";
import { useApp } from "./context";
import { useNow } from "./hooks";
import { Icon } from "./icons";
import { STARTS_ONE, SubagentLink } from "./Subagent";
import { inputFields, namesFile, pretty, summary } from "./tool-text";

const STATES = {
  running: () => t("running"),
  done: () => t("done"),
  error: () => t("failed"),
  lost: () => t("not completed"),
  waits: () => t("waits for your answer"),
} as const;

interface DetailsProps {
  tool: ToolPart;
  turnId: string;
}

interface ToolCardProps extends DetailsProps {
  /** Whether a person is asked about it. */
  waits: boolean;
}

/** One call of a tool: a line that opens to what went in and what came out. */
export const ToolCard = memo(function ToolCard({ tool, turnId, waits }: ToolCardProps) {
  const [open, setOpen] = useState(false);
  const id = useId();
  return (
    <div class={`tool ${waits ? "waits" : tool.state}`}>
      <button
        type="button"
        class="tool-line"
        aria-expanded={open}
        aria-controls={id}
        onClick={() => setOpen(!open)}
      >
        <Icon name="chevron" />
        <span class="tool-name">{tool.name}</span>
        <bdi class="tool-summary cut">{summary(tool.input)}</bdi>
        {!waits && <ToolTime tool={tool} />}
        <ToolState state={waits ? "waits" : tool.state} />
      </button>
      {tool.diff !== "" && <Changes id={`${turnId}/${tool.id}`} text={tool.diff} />}
      <div id={id} hidden={!open}>
        {open && <ToolDetails tool={tool} turnId={turnId} />}
      </div>
    </div>
  );
});

/** Seconds below which a call took no time that anybody felt. */
const WORTH_TELLING = 0.1;

function ToolTime({ tool }: { tool: ToolPart }) {
  const running = tool.state === "running";
  const now = useNow(running);
  const told = tool.elapsed !== null && tool.elapsed >= WORTH_TELLING ? duration(tool.elapsed) : "";
  const text = running ? passed(tool.since, now) : told;
  return <span class="tool-time">{text}</span>;
}

function ToolState({ state }: { state: ToolPart["state"] | "waits" }) {
  const mark = <Icon name={state === "done" ? "check" : state === "waits" ? "ask" : "alert"} />;
  return (
    <span class="tool-state">
      {state === "running" ? <span class="spinner" /> : mark}
      <span class="sr-only">{STATES[state]()}</span>
    </span>
  );
}

function ToolDetails({ tool, turnId }: DetailsProps) {
  return (
    <div class="tool-details">
      <section aria-label={t("Input")}>
        <header>
          <h3>{t("Input")}</h3>
          <CopyButton label={t("Copy input")} text={() => JSON.stringify(tool.input, null, 2)} />
        </header>
        <dl>
          {inputFields(tool.input).map(({ name, text, long }) => (
            <div key={name} class={long ? "long" : ""}>
              <dt>{name}</dt>
              <dd>
                {long ? (
                  <pre tabIndex={0}>{text}</pre>
                ) : (
                  <Value text={text} leads={namesFile(tool.name, name)} />
                )}
              </dd>
            </div>
          ))}
        </dl>
      </section>
      {tool.name === STARTS_ONE && <SubagentLink tool={tool} turnId={turnId} />}
      {tool.output !== null && <ToolOutput tool={tool} turnId={turnId} output={tool.output} />}
    </div>
  );
}

function Value({ text, leads }: { text: string; leads: boolean }) {
  const address = leads ? addressOf(text) : null;
  const words = <bdi>{text}</bdi>;
  return address === null ? words : <HomeLink address={address}>{words}</HomeLink>;
}

function ToolOutput({ tool, turnId, output }: DetailsProps & { output: string }) {
  return (
    <section aria-label={t("Output")}>
      <header>
        <h3>{tool.state === "error" ? t("Error") : t("Output")}</h3>
        <CopyButton label={t("Copy output")} text={() => output} />
      </header>
      {output === "" ? <p class="quiet">{t("Nothing")}</p> : <pre tabIndex={0}>{pretty(output)}</pre>}
      {tool.huge === true && (
        <p class="quiet">{t("This is the beginning. The rest is too long to be shown.")}</p>
      )}
      {tool.truncated && <Rest turnId={turnId} call={tool.id} known={output.length} />}
    </section>
  );
}

/** Fetches the rest of a result of which only the beginning came live. */
function Rest({ turnId, call, known }: { turnId: string; call: string; known: number }) {
  const app = useApp();
  const [problem, setProblem] = useState<string | null>(null);
  const fetchRest = () => {
    setProblem(null);
    const failed = (error: unknown) => setProblem(error instanceof Error ? error.message : String(error));
    app.conversations.readOutput(app.open.conversation.value.id, turnId, call, known).catch(failed);
  };
  useEffect(fetchRest, [turnId, call]);
  if (problem === null) return <p class="quiet">{t("Reading the rest…")}</p>;
  return (
    <p class="quiet">
      {t("This is only the beginning.")} {problem}{" "}
      <TextButton onClick={fetchRest}>{t("Try again")}</TextButton>
    </p>
  );
}
