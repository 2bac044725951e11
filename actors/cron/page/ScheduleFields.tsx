import { t } from "@starpod/page";
import type { Draft, Unit } from "./draft";
import { PREVIEW } from "./Preview";

export interface FieldsProps {
  readonly draft: Draft;
  readonly set: (given: Partial<Draft>) => void;
}

const EXAMPLES: Readonly<Record<string, () => string>> = {
  "0 9 * * *": () => t("every day at 9:00"),
  "0 9 * * 1-5": () => t("Monday to Friday at 9:00"),
  "0 9 * * 1": () => t("every Monday at 9:00"),
  "30 18 1 * *": () => t("the first of each month at 18:30"),
  "*/15 8-18 * * *": () => t("every 15 minutes from 8 to 18"),
};

/** When it runs. `problem` is whether what is written says no time. */
export function ScheduleFields({ draft, set, problem }: FieldsProps & { problem: boolean }) {
  return (
    <>
      <label>
        {t("It runs")}
        <select
          value={draft.kind}
          onChange={(event) => set({ kind: event.currentTarget.value as Draft["kind"] })}
        >
          <option value="interval">{t("Again after some time")}</option>
          <option value="cron">{t("By the clock")}</option>
          <option value="one_shot">{t("Once")}</option>
        </select>
      </label>
      {draft.kind === "interval" && <Every draft={draft} set={set} problem={problem} />}
      {draft.kind === "cron" && <Expression draft={draft} set={set} problem={problem} />}
      {draft.kind === "one_shot" && (
        <label>
          {t("On")}
          <input
            type="datetime-local"
            step="any"
            required
            aria-describedby={PREVIEW}
            aria-invalid={problem}
            value={draft.at}
            onInput={(event) => set({ at: event.currentTarget.value })}
          />
        </label>
      )}
      <label>
        {t("Time zone")}
        <input
          list="time-zones"
          spellcheck={false}
          autocapitalize="off"
          placeholder={t("The agent’s")}
          aria-describedby={PREVIEW}
          value={draft.timezone}
          onInput={(event) => set({ timezone: event.currentTarget.value })}
        />
        <datalist id="time-zones">
          {Intl.supportedValuesOf("timeZone").map((zone) => (
            <option key={zone} value={zone} />
          ))}
        </datalist>
      </label>
    </>
  );
}

function Every({ draft, set, problem }: FieldsProps & { problem: boolean }) {
  return (
    <div class="pair">
      <label>
        {t("Every")}
        <input
          type="number"
          required
          min="0"
          step="any"
          inputMode="decimal"
          aria-describedby={PREVIEW}
          aria-invalid={problem}
          value={draft.every}
          onInput={(event) => set({ every: event.currentTarget.value })}
        />
      </label>
      <label>
        <span class="sr-only">{t("Unit")}</span>
        <select value={draft.unit} onChange={(event) => set({ unit: event.currentTarget.value as Unit })}>
          {draft.unit === "seconds" && <option value="seconds">{t("seconds")}</option>}
          <option value="minutes">{t("minutes")}</option>
          <option value="hours">{t("hours")}</option>
          <option value="days">{t("days")}</option>
        </select>
      </label>
    </div>
  );
}

function Expression({ draft, set, problem }: FieldsProps & { problem: boolean }) {
  return (
    <label>
      {t("Minute hour day month weekday")}
      <input
        class="mono"
        list="cron-examples"
        required
        maxLength={200}
        spellcheck={false}
        autocapitalize="off"
        placeholder="0 9 * * 1-5"
        aria-describedby={PREVIEW}
        aria-invalid={problem}
        value={draft.expr}
        onInput={(event) => set({ expr: event.currentTarget.value })}
      />
      <datalist id="cron-examples">
        {Object.entries(EXAMPLES).map(([expression, words]) => (
          <option key={expression} value={expression} label={words()} />
        ))}
      </datalist>
    </label>
  );
}
