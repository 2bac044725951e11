/**
 * What the worker keeps of the page, so that it starts where the agent cannot be reached: the document, what it loads
 * first, and whatever else of the built files was once loaded. Nothing that belongs to a person is below `/assets/`, and
 * nothing else is ever kept.
 */

/** Put in when the page is built. */
declare const BUILT: { readonly version: string; readonly files: readonly string[] };

/** Answers of whatever stands before an agent that is not there. */
const AWAY: ReadonlySet<number> = new Set([502, 503, 504]);

/** One for each place at which an agent is, since those of one origin share them, and each build. */
const ownPrefix = (scope: string) => `starpod ${new URL(scope).pathname} `;
const nameOf = (scope: string) => ownPrefix(scope) + BUILT.version;

/** Keeps the shell of this build. Rejects where anything of it cannot be had; then the worker is tried anew later. */
export async function keepShell(scope: string): Promise<void> {
  const cache = await caches.open(nameOf(scope));
  await cache.addAll([
    new Request(scope, { cache: "reload" }),
    ...BUILT.files.map((file) => new URL(file, scope).href),
  ]);
}

/** Forgets the shells of other builds. */
export async function dropOthers(scope: string): Promise<void> {
  const names = await caches.keys();
  const old = names.filter((name) => name.startsWith(ownPrefix(scope)) && name !== nameOf(scope));
  await Promise.all(old.map((name) => caches.delete(name)));
}

/** The answer to a request, or null for what is none of the worker's business. */
export function answerTo(request: Request, scope: string): Promise<Response> | null {
  const url = new URL(request.url);
  url.hash = "";
  if (request.method !== "GET") return null;
  if (request.mode === "navigate") return url.href === scope ? page(request, scope) : null;
  return url.href.startsWith(`${scope}assets/`) ? file(request, scope) : null;
}

/** The document as the agent has it now; the kept one while it cannot be reached. */
async function page(request: Request, scope: string): Promise<Response> {
  try {
    const answer = await fetch(request);
    if (!AWAY.has(answer.status)) return answer;
    return (await kept(scope, scope)) ?? answer;
  } catch (error) {
    const found = await kept(scope, scope);
    if (found === undefined) throw error;
    return found;
  }
}

/** A built file: what a name stands for never changes. */
async function file(request: Request, scope: string): Promise<Response> {
  const found = await kept(request, scope);
  if (found !== undefined) return found;
  const answer = await fetch(request);
  if (answer.status === 200) {
    const cache = await caches.open(nameOf(scope));
    await cache.put(request, answer.clone());
  }
  return answer;
}

const kept = async (what: Request | string, scope: string) => (await caches.open(nameOf(scope))).match(what);
