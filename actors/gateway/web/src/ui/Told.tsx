import { useEffect, useState } from "preact/hooks";
import { bytes } from "../format";
import { fixed, t } from "../language/texts";
import { ApiError, api } from "../net/api";
import type { Given, LookedUp, Origin, ToldText } from "../protocol";
import { routeHash, toSection } from "../state/router";
import { TextButton } from "./buttons";
import { Dialog } from "./Dialog";
import { summary } from "./tool-text";

/** Shows what went into an answer besides the conversation, and where that came from. */
export function ToldButton({ turn }: { turn: string }) {
  const [open, setOpen] = useState(false);
  const close = () => setOpen(false);
  return (
    <>
      <TextButton onClick={() => setOpen(true)}>{t("Context")}</TextButton>
      {open && (
        <Dialog title={t("What it was given")} open onClose={close}>
          <Asked turn={turn} onLeave={close} />
        </Dialog>
      )}
    </>
  );
}

function Asked({ turn, onLeave }: { turn: string; onLeave: () => void }) {
  const [given, setGiven] = useState<Given | string | null>(null);
  useEffect(() => {
    api.given(turn).then(setGiven, (error: unknown) => {
      setGiven(error instanceof ApiError ? error.message : String(error));
    });
  }, [turn]);
  if (given === null) return <p class="quiet">{t("Reading…")}</p>;
  if (typeof given === "string") return <p class="notice warning">{given}</p>;
  return <GivenView given={given} onLeave={onLeave} />;
}

/** What a turn was given. `onLeave` is called where somebody follows a link to where something comes from. */
export function GivenView({ given, onLeave }: { given: Given; onLeave: () => void }) {
  const { called, told, looked_up: looked } = given;
  const attempts = new Set(told.map(({ attempt }) => attempt));
  if (called === "" && told.length + looked.length === 0)
    return <p class="quiet">{t("Besides the conversation nothing is stored.")}</p>;
  return (
    <div class="given">
      {called !== "" && <p>{t("The message called up the skill {name}.", { name: called })}</p>}
      {looked.length > 0 && (
        <section aria-labelledby="looked-up">
          <h3 id="looked-up">{t("What it looked up")}</h3>
          <ul>
            {looked.map((call) => (
              <li key={call.n}>
                <Call call={call} />
                <Origins origins={call.origins} onLeave={onLeave} />
              </li>
            ))}
          </ul>
        </section>
      )}
      {told.length > 0 && (
        <section aria-labelledby="told">
          <h3 id="told">{t("What it was told at the beginning")}</h3>
          {told.map((each, index) => (
            <Told key={index} told={each} again={attempts.size > 1} onLeave={onLeave} />
          ))}
        </section>
      )}
    </div>
  );
}

function Call({ call: { tool, text, is_error: failed } }: { call: LookedUp }) {
  return (
    <p>
      <b>{tool}</b> <bdi class="quiet">{about(text)}</bdi>
      {failed && <small> {t("failed")}</small>}
    </p>
  );
}

/** What a call is about, from the beginning of its input. */
function about(text: string): string {
  try {
    return summary(JSON.parse(text));
  } catch {
    return text;
  }
}

interface ToldProps {
  told: ToldText;
  /** Whether it was told in several attempts. */
  again: boolean;
  onLeave: () => void;
}

function Told({ told: { attempt, source, size, text, origins }, again, onLeave }: ToldProps) {
  return (
    <details class="told">
      <summary>
        {source} <small>{bytes(size)}</small>
        {again && <small> {t("attempt {n}", { n: attempt })}</small>}
      </summary>
      <Origins origins={origins} onLeave={onLeave} />
      <pre tabIndex={0}>{text ?? t("No longer kept.")}</pre>
    </details>
  );
}

/** Sections of the page in which something can be read and changed. */
const SECTIONS: Record<Origin["kind"], string> = {
  profile: "memory",
  note: "memory",
  log: "memory",
  skill: "skills",
};

function Origins({ origins, onLeave }: { origins: readonly Origin[]; onLeave: () => void }) {
  if (origins.length === 0) return null;
  return (
    <ul class="origins" aria-label={t("Where it comes from")}>
      {origins.map((origin, index) => (
        <li key={index}>
          <Name origin={origin} onLeave={onLeave} />
          <small>{details(origin).join(" · ")}</small>
        </li>
      ))}
    </ul>
  );
}

function Name({ origin: { kind, name, lines }, onLeave }: { origin: Origin; onLeave: () => void }) {
  const section = SECTIONS[kind];
  const place = lines === "" ? toSection(section, name) : toSection(section, name, lines);
  return (
    <a href={routeHash(place)} onClick={onLeave}>
      <bdi>{lines === "" ? name : `${name}:${lines}`}</bdi>
    </a>
  );
}

function details({ kind, date, score, why }: Origin): string[] {
  const changed = kind === "note" || kind === "profile";
  return [
    kind === "profile" ? t("who you are") : "",
    date === null ? "" : changed && score === null ? t("changed {date}", { date }) : date,
    score === null ? "" : t("score {score}", { score: fixed(score, 3) }),
    why,
  ].filter((each) => each !== "");
}
