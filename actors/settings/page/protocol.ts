/** What this section of the page is told. Written by scripts/docs from the messages of its subsystem. */

/** One key, as a form asks for it. */
export interface Field {
  /** `*` stands in it for a name that people choose, or for the place in a list. */
  key: string;
  /** The subsystem that it is for. */
  section: string;
  kind:
    "switch" | "integer" | "number" | "text" | "choice" | "list" | "pairs" | "table" | "records" | "named";
  default: unknown;
  /** Whether it may be left out, which means something else than any value. */
  optional: boolean;
  least: number | null;
  most: number | null;
  /** What it, or each of its entries, is one of; empty where it may be anything. */
  choices: string[];
  /** Whether entries of a list may be whole numbers. */
  numbers: boolean;
  /** What a number counts; empty where nothing in particular. */
  unit: string;
  /** What is said of it; may be empty. */
  text: string;
  /** What it may be, in words. */
  expected: string;
  takes: "at_once" | "restart" | "next_start";
  /** Whether only the operator changes it, or an admin's page that was confirmed with a code of the operator. */
  guarded: boolean;
}

/** One thing that is wrong with a change, or with the files. */
export interface Mistake {
  /** Empty when the settings as a whole are meant. */
  key: string;
  text: string;
}

/** What is in force and where it comes from, and what of the files is not. */
export interface State {
  /** By key, without names and passwords in addresses; null where nothing is set and nothing is the default. */
  values: Record<string, unknown>;
  /** Names of the files that say so, by key; the others are defaults. */
  files: Record<string, string>;
  /** Keys that are others than when the agent was started, and count only once it is started anew. */
  waiting: string[];
  /** What is wrong with the files as they are now; as long as there is anything, what was in force before still is. */
  mistakes: Mistake[];
  /** What of the files is passed over: unknown keys, with what was perhaps meant. */
  ignored: Mistake[];
}

/** A change is stored and in force, as far as that goes while the agent runs. */
export interface Saved {
  /** The subsystems whose settings are others than before. */
  sections: string[];
  /** Keys whose change counts only once the agent is started anew. */
  next_start: string[];
}

/** What has been done of setting up an agent. */
export interface Steps {
  /** Whether it has a name, which it always has. */
  identity: boolean;
  model: boolean;
  /** Whether SOUL.md says anything. */
  personality: boolean;
}

/** A provider that may be chosen. */
export interface Choice {
  provider: string;
  /** Name of the secret that is its key; null for one that needs none. */
  variable: string | null;
  /** Whether that is there. */
  has_key: boolean;
  /** Id of the model that it has by default. */
  model: string | null;
  /** Ids of those that are known; there may be others. Of an Ollama those that it has: none where none was pulled. */
  models: string[];
}

/** Whether there is a model, and otherwise what there could be. */
export interface SetUp {
  /** Whether the settings name a model, or the key of one is there: then nobody has to be asked. */
  complete: boolean;
  steps: Steps;
  agent_name: string;
  /** Of the model that answers now. */
  provider: string;
  /** `provider/model` that answers now. */
  model: string;
  choices: Choice[];
}

/** What came of trying a model. */
export interface Tried {
  works: boolean;
  /** Why it does not. */
  detail: string;
}
