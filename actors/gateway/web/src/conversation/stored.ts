/** The content of stored messages about tools, which is JSON. */

export interface StoredCall {
  id: string;
  name: string;
  input: unknown;
}

export interface StoredResult {
  tool_use_id: string;
  content: string;
  /** Whether `content` is only the beginning. */
  truncated?: boolean;
  is_error: boolean;
  /** Where a text was changed: the lines of a unified diff. */
  diff?: string;
}
