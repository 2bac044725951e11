/** What this section of the page is told. Written by scripts/docs from the messages of its subsystem. */

import type { Usage } from "@starpod/page";

/** It is done. */
export interface Changed {
  status: "ok";
  revision: number;
  digest: string;
}

/** What a model has written. Nothing is stored. */
export interface Draft {
  description: string;
  body: string;
  /** What it took. */
  usage: Usage;
}

/** A skill as one change has left it. */
export interface Revision {
  seq: number;
  at: string;
  action: "found" | "create" | "update" | "delete" | "install" | "approve" | "revert";
  origin: "bundled" | "source" | "person" | "model" | "installed";
  /** The user who changed it, or for whom a model did. */
  by: string;
  /** The conversation in which a model did, and its turn. */
  session: string | null;
  turn: string | null;
  /** Where it was installed from. */
  source: string | null;
  /** Of all its files; empty once it is deleted. */
  digest: string;
  files: number;
  /** Bytes of all files. */
  size: number;
}

/** A file of a skill beside its `SKILL.md`. */
export interface Resource {
  /** Relative to the skill, with forward slashes. */
  path: string;
  /** Bytes. */
  size: number;
  executable: boolean;
}

/** All that a revision holds. */
export interface RevisionText {
  revision: Revision;
  /** `SKILL.md` as it was. */
  raw_content: string;
  resources: Resource[];
}

/** What is known of a skill without its text. */
export interface Skill {
  name: string;
  description: string;
  version: string | null;
  license: string | null;
  compatibility: string | null;
  metadata: Record<string, string>;
  allowed_tools: string[];
  /** The user whose agent alone sees it; empty for what is shared. */
  owner: string;
  origin: "bundled" | "source" | "person" | "model" | "installed";
  /** Who made the latest revision, or for whom a model did; empty where nobody knows. */
  author: string;
  /** The conversation in which a model wrote it. */
  session: string | null;
  created_at: string;
  updated_at: string;
  /** Number of the latest revision; None for what was never changed through us. */
  revision: number | null;
  /** Whether its text is not what the latest revision says: somebody has changed the file. */
  edited: boolean;
  installed_from: string | null;
  /** Whether the agent of its owner, or everybody's, is told of it; the setting `skills` may leave it out. */
  visible: boolean;
  /** Whether whoever asks may change it. */
  changeable: boolean;
  /** What is wrong with it, a sentence each. */
  problems: string[];
}

/** A skill with its text. */
export interface SkillDetail {
  name: string;
  description: string;
  version: string | null;
  license: string | null;
  compatibility: string | null;
  metadata: Record<string, string>;
  allowed_tools: string[];
  owner: string;
  origin: "bundled" | "source" | "person" | "model" | "installed";
  author: string;
  session: string | null;
  created_at: string;
  updated_at: string;
  revision: number | null;
  edited: boolean;
  installed_from: string | null;
  visible: boolean;
  changeable: boolean;
  problems: string[];
  /** The instructions. */
  body: string;
  /** All of `SKILL.md`. */
  raw_content: string;
  /** Of that text; :class:`UpdateSkill` compares it. */
  digest: string;
  resources: Resource[];
}
