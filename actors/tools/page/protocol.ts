/** What this section of the page is told. Written by scripts/docs from the messages of its subsystem. */

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
