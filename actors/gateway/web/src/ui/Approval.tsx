import { useEffect, useId, useRef, useState } from "preact/hooks";
import { away, dated } from "../format";
import { diff } from "../diff";
import { n, rich, t } from "../language/texts";
import { fileText } from "../net/api";
import type { Approval } from "../protocol";
import { account } from "../state/account";
import type { Verdict } from "../state/approvals";
import { visible } from "../visible";
import { changeOf, outcome, restOf, wish, type Change } from "./approval-text";
import { Changes } from "./Changes";
import { useApp } from "./context";
import { useNow } from "./hooks";
import { Icon } from "./icons";
import { inputFields } from "./tool-text";

/** Lines of a command above which it is said how many there are: the end may lie out of sight. */
const TALL = 12;

/** A question about a call: what it is about and the answers to it, or what became of it. */
export function ApprovalCard({ approval }: { approval: Approval }) {
  return approval.state === "open" ? <Open approval={approval} /> : <Closed approval={approval} />;
}

function Closed({ approval }: { approval: Approval }) {
  const { state, words, answered_at: at, scope, pattern } = approval;
  const beyond = scope === "conversation" || scope === "always";
  return (
    <p class={`approval-outcome ${state}`} data-approval={approval.id} tabIndex={-1}>
      <Icon name={state === "allowed" ? "check" : "alert"} />
      <span>
        {outcome(approval, account.value?.user_id ?? null)}
        {at !== null && <span class="quiet"> · {dated(new Date(at), new Date())}</span>}
        {beyond && state === "allowed" && (
          <>
            {t(", with all that fits")} <code>{visible(pattern)}</code>
          </>
        )}
        {words !== null && words !== "" && <q>{words}</q>}
      </span>
    </p>
  );
}

function Open({ approval }: { approval: Approval }) {
  const { approvals, daemon } = useApp();
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const [denying, setDenying] = useState(false);
  const [pattern, setPattern] = useState(approval.pattern);
  const card = useRef<HTMLDivElement>(null);
  const id = useId();

  const answer = (verdict: Verdict) => {
    if (busy) return;
    setBusy(true);
    setProblem(null);
    approvals
      .answer(approval.id, verdict)
      .then(() => refocus(card.current, approval.id))
      .catch((error: unknown) => setProblem(error instanceof Error ? error.message : String(error)))
      .finally(() => setBusy(false));
  };
  const wide = (decision: "conversation" | "always") => {
    if (pattern.trim() !== "") answer({ decision, pattern });
  };
  const keys: Readonly<Record<string, () => void>> = {
    y: () => answer({ decision: "once" }),
    c: () => wide("conversation"),
    a: () => wide("always"),
    n: () => setDenying(true),
  };

  useEffect(() => {
    if (approvals.wanted.value !== approval.id) return;
    approvals.wanted.value = null;
    card.current?.focus();
  }, [approvals.wanted.value]);

  return (
    <div
      ref={card}
      class="approval"
      role="group"
      tabIndex={-1}
      data-approval={approval.id}
      aria-labelledby={`${id}-ask`}
      aria-describedby={`${id}-why`}
      aria-busy={busy}
      onKeyDown={(event) => {
        const { target, ctrlKey, metaKey, altKey, repeat } = event;
        if (ctrlKey || metaKey || altKey || repeat || (target as Element).matches("input")) return;
        const act = keys[event.key.toLowerCase()];
        if (act === undefined) return;
        event.preventDefault();
        act();
      }}
    >
      <h3 id={`${id}-ask`}>
        <Icon name="ask" />
        {t("May {agent} {wish}?", { agent: daemon.config.value.agent_name, wish: wish(approval) })}
        <span class="approval-tool">{approval.tool}</span>
      </h3>
      <Subject approval={approval} />
      <div id={`${id}-why`} class="approval-why">
        <p>{t("Asked because {reason}.", { reason: visible(approval.reason) })}</p>
        {approval.outside.length > 0 && (
          <p>
            {rich("It has read words of others, by {tools}.", {
              tools: approval.outside.map((name, index) => (
                <span key={name}>
                  {index > 0 && ", "}
                  <code>{visible(name)}</code>
                </span>
              )),
            })}
          </p>
        )}
      </div>
      {denying ? (
        <DenyForm
          busy={busy}
          onDeny={(words) => answer({ decision: "deny", ...(words === "" ? {} : { words }) })}
          onBack={() => {
            setDenying(false);
            requestAnimationFrame(() => card.current?.focus());
          }}
        />
      ) : (
        <>
          <div class="approval-buttons">
            <Choice label={t("Allow once")} hint="Y" main disabled={busy} onClick={keys["y"]!} />
            <Choice label={t("Deny")} hint="N" disabled={busy} onClick={keys["n"]!} />
          </div>
          <div class="approval-wide" role="group" aria-label={t("Allow more than this call")}>
            <label for={`${id}-pattern`}>
              {rich("Or allow all {tool} that fits", { tool: <code>{approval.tool}</code> })}
            </label>
            <input
              id={`${id}-pattern`}
              class="mono"
              spellcheck={false}
              autocomplete="off"
              value={pattern}
              onInput={(event) => setPattern(event.currentTarget.value)}
            />
            <Choice
              label={t("In this conversation")}
              hint="C"
              disabled={busy || pattern.trim() === ""}
              onClick={keys["c"]!}
            />
            <Choice
              label={t("Always")}
              hint="A"
              disabled={busy || pattern.trim() === ""}
              onClick={keys["a"]!}
            />
          </div>
        </>
      )}
      {problem !== null && (
        <p class="notice warning" role="alert">
          <Icon name="alert" />
          {problem}
        </p>
      )}
      <Expiry at={approval.expires_at} />
    </div>
  );
}

/** Whoever has answered goes on from what became of it, unless they are elsewhere by now. */
function refocus(card: HTMLElement | null, id: string): void {
  if (card === null || !card.contains(document.activeElement)) return;
  requestAnimationFrame(() =>
    document.querySelector<HTMLElement>(`[data-approval="${CSS.escape(id)}"]`)?.focus(),
  );
}

interface ChoiceProps {
  label: string;
  /** The key that does the same while the question has the focus. */
  hint: string;
  main?: boolean;
  disabled: boolean;
  onClick: () => void;
}

function Choice({ label, hint, main = false, disabled, onClick }: ChoiceProps) {
  return (
    <button
      type="button"
      class={main ? "choice main" : "choice"}
      disabled={disabled}
      aria-keyshortcuts={hint}
      onClick={onClick}
    >
      {label}
      <kbd aria-hidden="true">{hint}</kbd>
    </button>
  );
}

interface DenyFormProps {
  busy: boolean;
  onDeny: (words: string) => void;
  onBack: () => void;
}

function DenyForm({ busy, onDeny, onBack }: DenyFormProps) {
  const { agent_name } = useApp().daemon.config.value;
  const [words, setWords] = useState("");
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => field.current?.focus(), []);
  return (
    <form
      class="approval-deny"
      onSubmit={(event) => {
        event.preventDefault();
        onDeny(words.trim());
      }}
    >
      <label>
        {t("What {agent_name} is told, if you like", { agent_name })}
        <input
          ref={field}
          value={words}
          maxLength={2000}
          placeholder={t("Why not, or what to do instead")}
          onInput={(event) => setWords(event.currentTarget.value)}
          onKeyDown={(event) => {
            if (event.key !== "Escape") return;
            event.stopPropagation();
            event.preventDefault();
            onBack();
          }}
        />
      </label>
      <div class="approval-buttons">
        <button type="submit" class="choice main" disabled={busy}>
          {t("Deny")}
          <kbd aria-hidden="true">Enter</kbd>
        </button>
        <button type="button" class="choice" disabled={busy} onClick={onBack}>
          {t("Back")}
          <kbd aria-hidden="true">Esc</kbd>
        </button>
      </div>
    </form>
  );
}

function Expiry({ at }: { at: string }) {
  const now = useNow(true, 10_000);
  const moment = new Date(at);
  return (
    <p class="approval-expiry quiet">
      <Icon name="clock" />
      {moment.getTime() <= now ? (
        t("The time for an answer is over.")
      ) : (
        <span>
          {rich("Denied by itself {when}", {
            when: <time dateTime={at}>{away(moment, new Date(now))}</time>,
          })}
        </span>
      )}
    </p>
  );
}

/** What the call would be carried out with: what it acts on first, a change as such. */
function Subject({ approval }: { approval: Approval }) {
  const change = changeOf(approval);
  const subject = visible(change === null ? approval.subject : change.path);
  const rest = inputFields(restOf(approval));
  const count = subject.split("\n").length;
  return (
    <div class="approval-subject">
      {subject !== "" && (
        <pre
          class="approval-what"
          tabIndex={0}
          role="group"
          aria-label={t("What {tool} would act on", { tool: approval.tool })}
        >
          {subject}
        </pre>
      )}
      {count > TALL && <p class="quiet">{n(count, "{n} line", "{n} lines")}</p>}
      {change !== null && <FileChange id={approval.id} change={change} />}
      {rest.length > 0 && (
        <dl>
          {rest.map(({ name, text, long }) => (
            <div key={name} class={long ? "long" : ""}>
              <dt>{visible(name)}</dt>
              <dd>{long ? <pre tabIndex={0}>{visible(text)}</pre> : visible(text)}</dd>
            </div>
          ))}
        </dl>
      )}
    </div>
  );
}

interface FileChangeProps {
  /** What it is known by once it has been unfolded. */
  id: string;
  change: Change;
}

function FileChange({ id, change: { path, before, after } }: FileChangeProps) {
  return before === null ? (
    <WholeFile id={id} path={path} after={after} />
  ) : (
    <Difference id={id} before={before} after={after} />
  );
}

type Found = { readonly text: string; readonly note?: string } | "reading" | "unknown";

/** Lines of a change that a place is kept for while the file is being read: at least and at most. */
const [FEWEST, MOST] = [4, 10];

/**
 * A change against what the file holds now, which has to be asked for. It takes the same place before and after that: below it
 * are the answers, and a hand on its way to one must not meet another. Only whoever unfolds it moves them.
 */
function WholeFile({ id, path, after }: { id: string; path: string; after: string }) {
  const { unfolded } = useApp().open;
  const [found, setFound] = useState<Found>("reading");
  const [all, setAll] = useState(unfolded.has(id));
  useEffect(() => {
    fileText(path).then(
      (text) =>
        setFound(
          text === null
            ? { text: "", note: t("There is no such file yet, or none that you may look at.") }
            : { text },
        ),
      () => setFound("unknown"),
    );
  }, [path]);
  const rows = Math.min(Math.max(after.split("\n").length, FEWEST), MOST);
  return (
    <div class={all ? "approval-file all" : "approval-file"} style={{ "--rows": rows }}>
      {found === "reading" && <p class="quiet">{t("Reading the file…")}</p>}
      {found === "unknown" && (
        <>
          <p class="quiet">{t("What the file holds now cannot be shown. It would hold this:")}</p>
          <Changes id={id} text={diff("", visible(after))} onTurn={setAll} />
        </>
      )}
      {typeof found === "object" && (
        <>
          {found.note !== undefined && <p class="quiet">{found.note}</p>}
          <Difference id={id} before={found.text} after={after} onTurn={setAll} />
        </>
      )}
    </div>
  );
}

interface DifferenceProps {
  id: string;
  before: string;
  after: string;
  onTurn?: ((all: boolean) => void) | undefined;
}

function Difference({ id, before, after, onTurn }: DifferenceProps) {
  const text = diff(visible(before), visible(after));
  if (text === "") return <p class="quiet">{t("Nothing changes.")}</p>;
  return <Changes id={id} text={text} onTurn={onTurn} />;
}
