import { Dialog, t, TextButton, when } from "@starpod/page";
import { useState } from "preact/hooks";
import { Closer } from "./Closer";
import { Address } from "./Down";
import type { Instance } from "./protocol";
import {
  act,
  addressOf,
  deedsFor,
  deedWords,
  doneWords,
  nameOf,
  question,
  since,
  statusWords,
  warningOf,
  type Deed,
} from "./state";

interface EntryProps {
  readonly of: Instance;
  readonly attempt: (act: () => Promise<string>) => Promise<boolean>;
}

/** One instance: how it is, where it is, what can be done with it. */
export function Entry({ of: instance, attempt }: EntryProps) {
  const [asked, setAsked] = useState<Deed | null>(null);
  const [busy, setBusy] = useState(false);
  const name = nameOf(instance);
  const start = since(instance);
  const sure = (deed: Deed) => {
    setAsked(null);
    setBusy(true);
    void attempt(async () => {
      await act(deed, instance);
      return doneWords(deed, instance);
    }).then(() => setBusy(false));
  };
  return (
    <li aria-busy={busy}>
      <span class="entry-name" dir="auto">
        {name}
      </span>
      <span class="entry-facts quiet">
        <span class={`instance-status ${instance.status}`}>{statusWords(instance)}</span>
        {start !== null && (
          <span>{t("since {time}", { time: when(new Date(start * 1000), new Date()) })}</span>
        )}
        {instance.region !== null && <span>{instance.region}</span>}
        <Address of={addressOf(instance)} />
      </span>
      <span class="buttons">
        {busy
          ? t("Asking…")
          : deedsFor(instance).map((deed) => (
              <TextButton key={deed} onClick={() => setAsked(deed)}>
                {deedWords(deed, instance)}
                <span class="sr-only"> {name}</span>
              </TextButton>
            ))}
      </span>
      {instance.error !== null && (
        <p class="fault" role="status">
          {instance.error}
        </p>
      )}
      <Closer of={instance} />
      <Dialog
        title={asked === null ? name : question(asked, instance)}
        open={asked !== null}
        onClose={() => setAsked(null)}
      >
        {asked !== null && (
          <>
            {warningOf(asked, instance).map((sentence) => (
              <p key={sentence}>{sentence}</p>
            ))}
            <p class="buttons">
              <button type="button" class="primary" onClick={() => sure(asked)}>
                {asked === "delete" ? t("Delete it for good") : deedWords(asked, instance)}
              </button>
              <TextButton onClick={() => setAsked(null)}>{t("Leave it")}</TextButton>
            </p>
          </>
        )}
      </Dialog>
    </li>
  );
}
