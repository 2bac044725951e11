import { rich } from "@starpod/page";
import { useState } from "preact/hooks";
import { HealthView } from "./HealthView";
import { Log } from "./Log";
import type { Instance } from "./protocol";
import { nameOf } from "./state";
import { Way } from "./Way";

/** What there is to know of one instance, asked for once somebody looks. */
export function Closer({ of: instance }: { readonly of: Instance }) {
  const [open, setOpen] = useState(false);
  const name = nameOf(instance);
  return (
    <details class="closer" onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>{rich("Health, log and shell{of}", { of: <span class="sr-only">: {name}</span> })}</summary>
      {open && (
        <>
          <HealthView of={instance} />
          <Way of={instance} />
          <Log of={instance} />
        </>
      )}
    </details>
  );
}
