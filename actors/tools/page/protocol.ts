/** What this section of the page is told. Written by scripts/docs from the messages of its subsystem. */

export const MOST_LISTED = 10_000;

export const MOST_PACKED = 10_000;

export const MOST_PACKED_BYTES = 2_147_483_648;

/** One name in a folder. */
export interface FileEntry {
  /** That of a folder ends in `/`. */
  name: string;
  type: "file" | "directory" | "link" | "other";
  /** Bytes of a file; 0 of anything else. */
  size: number;
  modified_at: string;
  /** Of a file, by its name. */
  mime_type: string | null;
  /** Another one: it was changed. To be shown when it is deleted. */
  etag: string;
}

/** What there is under a path. */
export interface FileFacts {
  path: string;
  type: "file" | "directory" | "link" | "other";
  /** Bytes of a file, or of all files that were counted in a folder. */
  size: number;
  modified_at: string;
  /** Of a file, by its name. */
  mime_type: string | null;
  /** Another one: it was changed. To be shown when it is deleted. */
  etag: string;
  /** Names below a folder that are no folders, where they were counted. */
  files: number;
  /** Folders below it, likewise. */
  folders: number;
  /** Whether there is no more than was counted. */
  complete: boolean;
  /** Days for which it can be put back once it is deleted: 0, it is gone at once; None, it was not counted. */
  kept_days: number | null;
}

/** It is on the disk. */
export interface Stored {
  path: string;
  /** Empty for a folder, and for what is no more. */
  etag: string;
  status: "ok";
}

/** A text file. */
export interface WholeText {
  path: string;
  content: string;
  /** Bytes. */
  size: number;
  mime_type: string;
  /** To be shown when it is written, so that nobody's changes are lost. */
  etag: string;
}

/** It is there no more. */
export interface Removed {
  path: string;
  etag: "";
  status: "ok";
  /** By this id it can be put back; None: it is gone for good. */
  kept: string | null;
}

/** Something that was deleted and can be put back. */
export interface InTrash {
  id: string;
  /** Where it was. */
  path: string;
  type: "file" | "directory" | "link" | "other";
  /** Bytes; of a folder, those of all files in it. */
  size: number;
  deleted_at: string;
  /** It is gone for good then, or sooner when there is no room. */
  until: string;
}
