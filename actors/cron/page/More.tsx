import { t, useApp } from "@starpod/page";
import type { Draft } from "./draft";
import type { FieldsProps } from "./ScheduleFields";

/** What most jobs leave as it is. */
export function More({ draft, set }: FieldsProps) {
  return (
    <details
      class="wide more"
      // A field that is out of sight cannot say what is wrong with it.
      onInvalidCapture={(event) => {
        event.currentTarget.open = true;
      }}
    >
      <summary>{t("More options")}</summary>
      <div class="more-fields">
        <label>
          {t("Conversation")}
          <select
            value={draft.mode}
            onChange={(event) => set({ mode: event.currentTarget.value as Draft["mode"] })}
          >
            <option value="isolated">{t("Each run its own")}</option>
            <option value="main">{t("Your main conversation")}</option>
          </select>
        </label>
        <Model draft={draft} set={set} />
        <Numeral
          title={t("US dollars a run, 0 for no limit")}
          value={draft.budget}
          onValue={(budget) => set({ budget })}
          any
        />
        <Numeral
          title={t("Further attempts after a failure")}
          value={draft.retries}
          onValue={(retries) => set({ retries })}
          most={20}
          placeholder={t("As configured")}
        />
        <Numeral
          title={t("Minutes a run may take")}
          value={draft.limit}
          onValue={(limit) => set({ limit })}
          any
          placeholder={t("As configured")}
        />
        <Numeral
          title={t("Seconds of random delay")}
          value={draft.jitter}
          onValue={(jitter) => set({ jitter })}
          most={86_400}
        />
        <Timing draft={draft} set={set} />
        <label class="choice">
          <input
            type="checkbox"
            checked={draft.once}
            onChange={(event) => set({ once: event.currentTarget.checked })}
          />
          {t("Remove it after its first run")}
        </label>
      </div>
    </details>
  );
}

/** What becomes of times at which it cannot run. */
function Timing({ draft, set }: FieldsProps) {
  return (
    <>
      <label>
        {t("While the run before goes on")}
        <select
          value={draft.overlap}
          onChange={(event) => set({ overlap: event.currentTarget.value as Draft["overlap"] })}
        >
          <option value="skip">{t("Leave the next out")}</option>
          <option value="queue">{t("Let the next wait")}</option>
        </select>
      </label>
      <label>
        {t("Times the agent was not there")}
        <select
          value={draft.missed}
          onChange={(event) => set({ missed: event.currentTarget.value as Draft["missed"] })}
        >
          <option value="run_once">{t("Make up with one run")}</option>
          <option value="skip_older_than">{t("Leave out what is too late")}</option>
          <option value="all">{t("Make up for each, ten at most")}</option>
        </select>
      </label>
      {draft.missed === "skip_older_than" && (
        <Numeral
          title={t("Minutes after which it is too late")}
          value={draft.missedAfter}
          onValue={(missedAfter) => set({ missedAfter })}
          any
        />
      )}
    </>
  );
}

function Model({ draft, set }: FieldsProps) {
  const { models } = useApp().daemon.config.value;
  const names = draft.model === "" || models.includes(draft.model) ? models : [draft.model, ...models];
  return (
    <label>
      {t("Model")}
      <select value={draft.model} onChange={(event) => set({ model: event.currentTarget.value })}>
        <option value="">{t("The agent’s")}</option>
        {names.map((name) => (
          <option key={name} value={name}>
            {name}
          </option>
        ))}
      </select>
    </label>
  );
}

interface NumeralProps {
  readonly title: string;
  readonly value: string;
  readonly onValue: (value: string) => void;
  /** Whether it need not be a whole number. */
  readonly any?: boolean;
  readonly most?: number;
  readonly placeholder?: string;
}

function Numeral({ title, value, onValue, any = false, most, placeholder }: NumeralProps) {
  return (
    <label>
      {title}
      <input
        type="number"
        min="0"
        max={most}
        step={any ? "any" : 1}
        inputMode={any ? "decimal" : "numeric"}
        placeholder={placeholder}
        value={value}
        onInput={(event) => onValue(event.currentTarget.value)}
      />
    </label>
  );
}
