import { useState } from "preact/hooks";
import { Icon } from "./icons";

/** What came of the last thing that somebody tried in a section. */
export interface Attempts {
  readonly problem: string | null;
  readonly said: string;
  /** Does something and says what came of it. Returns whether it was done. */
  attempt(act: () => Promise<string>): Promise<boolean>;
}

export function useAttempts(): Attempts {
  const [{ problem, said }, setOutcome] = useState<Pick<Attempts, "problem" | "said">>({
    problem: null,
    said: "",
  });
  const attempt = async (act: () => Promise<string>) => {
    try {
      setOutcome({ problem: null, said: await act() });
      return true;
    } catch (error) {
      setOutcome({ problem: error instanceof Error ? error.message : String(error), said: "" });
      return false;
    }
  };
  return { problem, said, attempt };
}

export function Outcome({ of: { problem, said } }: { of: Attempts }) {
  return (
    <>
      {problem !== null && (
        <p class="notice warning" role="alert">
          <Icon name="alert" />
          {problem}
        </p>
      )}
      <p class="said" role="status">
        {said}
      </p>
    </>
  );
}
