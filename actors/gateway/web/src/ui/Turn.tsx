import sections from "@starpod/sections";
import { useCallback, useId, useRef, useState } from "preact/hooks";
import type {
  FollowupPart,
  NoticePart,
  Part,
  Prompt as PromptText,
  Stats,
  TextPart,
  ToolPart,
  Turn,
} from "../conversation/model";
import { clock, cost, count, duration, passed } from "../format";
import { n, t } from "../language/texts";
import { Markdown } from "../markdown/Markdown";
import { memo } from "../memo";
import { hush, readAloud, reading, speaks } from "../state/aloud";
import { routeHash, toSection } from "../state/router";
import { ApprovalCard } from "./Approval";
import { Away, guess } from "./Away";
import { CopyButton, IconButton } from "./buttons";
import { useApp } from "./context";
import { Files } from "./Files";
import { useNow } from "./hooks";
import { Icon } from "./icons";
import { Prompt } from "./Prompt";
import { useSight } from "./sight";
import { ToldButton } from "./Told";
import { ToolCard } from "./ToolCard";
import { changesFiles, UndoButton } from "./Undo";
import { Again, EditForm, Versions } from "./Versions";

interface TurnProps {
  turn: Turn;
  /** All versions of its message, if there are several. */
  versions: readonly string[];
  /** Whether it is among the last ones, which are in view when a conversation is opened. */
  recent: boolean;
}

/** What a person said, and all that came of it; of a turn far from what is in view, its words alone. */
export const TurnView = memo(function TurnView({ turn, versions, recent }: TurnProps) {
  const { open } = useApp();
  const running = turn.state === "running";
  const editing = open.editing.value === turn.id && open.writable.value;
  const article = useRef<HTMLElement>(null);
  const close = useCallback(() => {
    open.editing.value = null;
    // Whoever left the form with a key goes on from where it was opened.
    requestAnimationFrame(() => article.current?.querySelector<HTMLElement>(".edit")?.focus());
  }, []);
  const edit = () => {
    open.editing.value = turn.id;
  };
  const { near, height } = useSight(article, recent);
  if (!near && !running && !editing) {
    const style = { height: `${height ?? guess(turn)}px` };
    return (
      <article ref={article} data-turn={turn.id} class={`turn ${turn.state} away`} style={style}>
        <Away turn={turn} />
      </article>
    );
  }
  return (
    <article ref={article} data-turn={turn.id} class={`turn ${turn.state}`} aria-busy={running}>
      {turn.prompt !== null && (
        <>
          <h2 class="sr-only">{t("You said")}</h2>
          {editing ? (
            <EditForm
              turn={turn.id}
              text={saidIn(turn)}
              files={turn.prompt.attachments.length > 0}
              onClose={close}
            />
          ) : (
            <Prompt
              id={turn.id}
              text={turn.prompt.text}
              attachments={turn.prompt.attachments}
              aside={
                <PromptTools prompt={turn.prompt} onEdit={running || !open.writable.value ? null : edit} />
              }
              {...(versions.length > 1 ? { note: <Versions turn={turn.id} versions={versions} /> } : {})}
            />
          )}
        </>
      )}
      <Answer turn={turn} />
      {running ? <Activity turn={turn} /> : <Foot turn={turn} />}
    </article>
  );
});

/** All that a person said in a turn, what joined it included: another version stands for all of it. */
function saidIn({ prompt, parts }: Turn): string {
  const joined = parts.flatMap((part) => (part.kind === "followup" ? [part.text] : []));
  return [prompt?.text ?? "", ...joined].filter((text) => text.trim() !== "").join("\n\n");
}

function PromptTools({ prompt, onEdit }: { prompt: PromptText; onEdit: (() => void) | null }) {
  const { text, at } = prompt;
  return (
    <>
      <time dateTime={at}>{clock(new Date(at))}</time>
      <span class="hover-tools">
        <CopyButton label={t("Copy your message")} text={() => text} />
        {onEdit !== null && (
          <IconButton class="edit" icon="pencil" label={t("Edit your message")} onClick={onEdit} />
        )}
      </span>
    </>
  );
}

function Answer({ turn }: { turn: Turn }) {
  const { agent_name } = useApp().daemon.config.value;
  const growing = turn.state === "running" ? turn.parts.at(-1) : undefined;
  return (
    <div class="answer">
      <h2 class="sr-only">{t("{agent} answered", { agent: agent_name })}</h2>
      {grouped(turn.parts).map((group) =>
        Array.isArray(group) ? (
          <Tools key={group[0]?.key ?? ""} tools={group} turnId={turn.id} />
        ) : (
          <PartView key={group.key} part={group} growing={group === growing} />
        ),
      )}
      <Files files={turn.files} label={t("Files from the agent")} />
    </div>
  );
}

/** Calls that follow each other make one list. */
function grouped(parts: readonly Part[]): (Exclude<Part, ToolPart> | ToolPart[])[] {
  const groups: (Exclude<Part, ToolPart> | ToolPart[])[] = [];
  for (const part of parts) {
    const last = groups.at(-1);
    if (part.kind !== "tool") groups.push(part);
    else if (Array.isArray(last)) last.push(part);
    else groups.push([part]);
  }
  return groups;
}

function Tools({ tools, turnId }: { tools: ToolPart[]; turnId: string }) {
  const { approvals } = useApp();
  return (
    <ul class="tools" aria-label={t("Tool calls")}>
      {tools.map((tool) => {
        const approval = approvals.about(turnId, tool.id);
        return (
          <li key={tool.key}>
            <ToolCard tool={tool} turnId={turnId} waits={approval?.state === "open"} />
            {approval !== undefined && <ApprovalCard key={approval.id} approval={approval} />}
          </li>
        );
      })}
    </ul>
  );
}

function PartView({ part, growing }: { part: TextPart | FollowupPart | NoticePart; growing: boolean }) {
  switch (part.kind) {
    case "text":
      return <Markdown text={part.text} growing={growing} />;
    case "thinking":
      return <Thinking text={part.text} growing={growing} />;
    case "followup":
      return (
        <Prompt
          id={part.turnId}
          text={part.text}
          attachments={part.attachments}
          note={t("Joined while the agent was at work")}
        />
      );
    case "notice":
      return (
        <p class={`notice ${part.tone}`}>
          {part.tone !== "quiet" && <Icon name="alert" />}
          {part.text}
        </p>
      );
  }
}

/** Characters of a running thought that are shown while it is folded. */
const GLIMPSE = 140;

function Thinking({ text, growing }: { text: string; growing: boolean }) {
  const [open, setOpen] = useState(false);
  const id = useId();
  return (
    <div class={growing ? "thinking running" : "thinking"}>
      <button type="button" aria-expanded={open} aria-controls={id} onClick={() => setOpen(!open)}>
        <Icon name="chevron" />
        <span class="thinking-label">{growing ? t("Thinking") : t("Thought")}</span>
        {growing && !open && (
          <span class="glimpse" aria-hidden="true">
            <bdi>{text.slice(-GLIMPSE).replaceAll(/\s+/g, " ")}</bdi>
          </span>
        )}
      </button>
      <div id={id} hidden={!open}>
        {open && <Markdown text={text} growing={growing} />}
      </div>
    </div>
  );
}

/** What the agent is at while nothing else shows that it is at work. */
function Activity({ turn }: { turn: Turn }) {
  const now = useNow(true);
  return (
    <p class="activity">
      <span class="pulse" aria-hidden="true" />
      {turn.status ?? t("Working")}
      <span class="tool-time">{passed(turn.since, now)}</span>
    </p>
  );
}

function Foot({ turn }: { turn: Turn }) {
  const { open } = useApp();
  const said = turn.parts.flatMap((part) => (part.kind === "text" ? [part.text] : []));
  return (
    <footer class="foot">
      {turn.state === "cancelled" && <span class="stopped">{t("Stopped")}</span>}
      {turn.stats !== null && <Figures stats={turn.stats} />}
      <span class="foot-tools">
        {sections.map(
          ({ id, turns }) =>
            turns !== undefined && (
              <a key={id} href={routeHash(toSection(id, ...turns.path(turn.id)))}>
                {turns.title()}
              </a>
            ),
        )}
        <ToldButton turn={turn.id} />
        {changesFiles(turn) && <UndoButton turn={turn.id} />}
        {turn.prompt !== null && open.writable.value && (
          <Again turn={turn.id} failed={turn.state !== "done"} />
        )}
        {said.length > 0 && speaks() && <AloudButton turn={turn.id} text={said.join("\n\n")} />}
        {said.length > 0 && <CopyButton label={t("Copy answer")} text={() => said.join("\n\n")} />}
      </span>
    </footer>
  );
}

function AloudButton({ turn, text }: { turn: string; text: string }) {
  const reads = reading.value === turn;
  return (
    <IconButton
      icon={reads ? "square" : "speaker"}
      label={reads ? t("Stop reading") : t("Read aloud")}
      onClick={() => (reads ? hush() : readAloud(turn, text))}
    />
  );
}

function Figures({ stats }: { stats: Stats }) {
  const cached =
    stats.cacheReadTokens > 0 ? t(" ({count} cached)", { count: count(stats.cacheReadTokens) }) : "";
  const tokens = stats.inputTokens + stats.outputTokens > 0;
  const figures = [
    stats.elapsed !== null && duration(stats.elapsed),
    tokens && t("{count} in{cached}", { count: count(stats.inputTokens), cached }),
    tokens && t("{count} out", { count: count(stats.outputTokens) }),
    stats.costUsd !== null && stats.costUsd > 0 && cost(stats.costUsd),
    stats.toolRounds > 0 && n(stats.toolRounds, "{n} tool round", "{n} tool rounds"),
    stats.model,
  ].filter((figure) => typeof figure === "string");
  if (figures.length === 0) return null;
  return (
    <ul class="figures" aria-label={t("Figures of this answer")}>
      {figures.map((figure) => (
        <li key={figure}>{figure}</li>
      ))}
    </ul>
  );
}
