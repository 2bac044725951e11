/** What this section of the page is told. Written by scripts/docs from the messages of its subsystem. */

/** A note without its text. */
export interface Entry {
  name: string;
  /** Bytes. */
  size: number;
  changed_at: string;
  /** Whose it is: the agent's, which all users share, or the user's own. */
  level: "agent" | "user";
  /** Whether who asks may change it. */
  writable: boolean;
}

/** A note, or a part of it. */
export interface FileText {
  name: string;
  text: string;
  /** Changes with the note, and is that of the whole of it. */
  etag: string;
}

/** A passage of a note. */
export interface Found {
  /** Name of the note. */
  source: string;
  text: string;
  /** Counted from 1. */
  line_start: number;
  /** Inclusive. */
  line_end: number;
  /** `first-last` */
  lines: string;
  /** `source#Lfirst-Llast` */
  citation: string;
  /** The day that the note is about, as `YYYY-MM-DD`. */
  date: string | null;
  /** The higher, the better; comparable within one search. */
  score: number;
  /** Why it was found, for a person. */
  why: string;
  /** Whether all notes were searched; some are left out while the index is made. */
  complete: boolean;
}

/** What was purged. */
export interface Purged {
  name: string;
  /** How many are gone. */
  revisions: number;
}

/** One change of a note. */
export interface Revision {
  /** Grows with every change of whatever note. */
  seq: number;
  name: string;
  at: string;
  /** The user who made it, or for whom it was made; empty for a change that was found in the file. */
  by: string;
  /** The way it came: a tool of the model, HTTP, the daily log …; `disk` for a change that was found in the file. */
  door: string;
  session: string;
  turn: string;
  action: "whole" | "append" | "replace" | "forget" | "revert" | "by hand" | "purge";
  /** Bytes of the note afterwards. */
  size: number;
  /** Whether there was a note afterwards. */
  exists: boolean;
  /** The beginning of what is new in it. */
  preview: string;
}

/** A note as it once was. */
export interface RevisionText {
  revision: Revision;
  text: string;
}

/** What has become of a change. */
export interface Written {
  name: string;
  /** Bytes that the note has now; 0 for one that is gone. */
  size: number;
  /** Its number in the history. */
  revision: number;
  /** Of the note as it is now; empty for one that is gone. */
  etag: string;
  /** What was done, in words. */
  done: string;
  /** Something that who wrote it should know. */
  notice: string | null;
}
