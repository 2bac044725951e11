import { t } from "@starpod/page";
import type { ComponentChildren } from "preact";
import type { Draft } from "./draft";
import { More } from "./More";
import { Preview, usePreview } from "./Preview";
import { ScheduleFields } from "./ScheduleFields";

interface FormProps {
  readonly title: string;
  readonly draft: Draft;
  readonly onDraft: (draft: Draft) => void;
  readonly onSave: () => void;
  /** What came of the last try, and the buttons. */
  readonly foot: ComponentChildren;
}

/** What a job does and when. */
export function Form({ title, draft, onDraft, onSave, foot }: FormProps) {
  const preview = usePreview(draft);
  const set = (given: Partial<Draft>) => onDraft({ ...draft, ...given });
  return (
    <form
      class="fields job-form"
      autocomplete="off"
      onSubmit={(event) => {
        event.preventDefault();
        onSave();
      }}
    >
      <h2>{title}</h2>
      <label class="wide">
        {t("Name")}
        <input
          required
          maxLength={100}
          value={draft.name}
          placeholder={t("Morning news")}
          onInput={(event) => set({ name: event.currentTarget.value })}
        />
      </label>
      <label class="wide">
        {t("What to do")}
        <textarea
          required
          rows={5}
          maxLength={32_000}
          value={draft.prompt}
          placeholder={t("Look through the news of the night, and tell me in five sentences what matters")}
          onInput={(event) => set({ prompt: event.currentTarget.value })}
        />
      </label>
      <ScheduleFields draft={draft} set={set} problem={preview.problem !== ""} />
      <Preview of={preview} />
      <More draft={draft} set={set} />
      <div class="wide">{foot}</div>
    </form>
  );
}
