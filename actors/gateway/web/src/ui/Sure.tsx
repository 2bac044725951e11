import type { ComponentChildren } from "preact";
import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { t } from "../language/texts";
import { TextButton } from "./buttons";

interface SureProps {
  /** What the second press does, in words. */
  readonly sure: string;
  readonly onSure: () => void;
  readonly children: ComponentChildren;
}

/** A button that asks once more before it does what cannot be undone. */
export function Sure({ sure, onSure, children }: SureProps) {
  const [asking, setAsking] = useState(false);
  const place = useRef<HTMLSpanElement>(null);
  const moved = useRef(false);
  // The button that had the focus is gone: it goes to the one that does nothing, and back.
  useLayoutEffect(() => {
    if (moved.current) place.current?.querySelector<HTMLElement>("button:last-child")?.focus();
  }, [asking]);
  const ask = (wanted: boolean) => {
    moved.current = true;
    setAsking(wanted);
  };
  return (
    <span class="buttons" ref={place}>
      {asking ? (
        <>
          <TextButton
            onClick={() => {
              ask(false);
              onSure();
            }}
          >
            {sure}
          </TextButton>
          <TextButton onClick={() => ask(false)}>{t("No")}</TextButton>
        </>
      ) : (
        <TextButton onClick={() => ask(true)}>{children}</TextButton>
      )}
    </span>
  );
}
