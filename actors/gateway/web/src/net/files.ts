/** Files of the agent's home, as bytes. */

import { t } from "../language/texts";
import { answered } from "./access";
import { ApiError, reason, unreachable } from "./api";
import { BASE } from "./base";
import { pageHeaders, withHalf } from "./half";

/** The first bytes of a file. */
export interface Beginning {
  readonly data: Uint8Array;
  /** Bytes of all of it. */
  readonly size: number;
}

/** Where the bytes of a file are; a picture or a PDF is shown, anything else saved. */
export function rawUrl(path: string): string {
  return withHalf(`${BASE}/api/files/raw?path=${encodeURIComponent(path)}`);
}

/** Where a folder is, as a zip file. */
export function zipUrl(path: string): string {
  return withHalf(`${BASE}/api/files/zip?path=${encodeURIComponent(path === "" ? "." : path)}`);
}

/** At most `most` bytes of a file. Throws ApiError. */
export async function beginningOf(path: string, most: number): Promise<Beginning> {
  const response = await asked(`/api/files/raw?path=${encodeURIComponent(path)}`, {
    Range: `bytes=0-${most - 1}`,
  });
  const size = Number(/\/(\d+)$/.exec(response.headers.get("Content-Range") ?? "")?.[1] ?? NaN);
  if (response.status === 416 && size === 0) return { data: new Uint8Array(), size };
  if (response.status === 404)
    throw new ApiError(t("There is no {path}, or it is not for you to see.", { path }), 404);
  if (!response.ok) throw new ApiError(reason(await response.text(), response.status), response.status);
  const data = new Uint8Array(await response.arrayBuffer());
  return { data: data.subarray(0, most), size: Number.isNaN(size) ? data.length : size };
}

async function asked(path: string, headers: Record<string, string>): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(BASE + path, { headers: { ...headers, ...pageHeaders() } });
  } catch {
    throw new ApiError(unreachable(), 0);
  }
  answered(response.status);
  return response;
}
