/** What the headers of a response say about keeping it, as RFC 9111 has it for a private cache. */

/** The directives of `Cache-Control`, in lower case; those without a value have an empty one. */
export function directivesOf(text: string | null): ReadonlyMap<string, string> {
  const directives = new Map<string, string>();
  const pattern = /([!#$%&'*+.^_`|~\w-]+)(?:\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,;]*)))?/g;
  for (const [, name = "", quoted, plain = ""] of (text ?? "").matchAll(pattern)) {
    // Of several that contradict each other, the first.
    if (!directives.has(name.toLowerCase())) directives.set(name.toLowerCase(), quoted ?? plain);
  }
  return directives;
}

function secondsOf(text: string | undefined): number | undefined {
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : undefined;
}

/** For how many milliseconds from its making on a response is fresh; 0 where it has to be asked about. */
export function lifetimeMs(headers: Headers): number {
  const directives = directivesOf(headers.get("cache-control"));
  if (directives.has("no-cache")) return 0;
  if (directives.has("max-age")) return (secondsOf(directives.get("max-age")) ?? 0) * 1000;
  const expires = headers.get("expires");
  if (expires === null) return 0;
  const until = Date.parse(expires);
  const from = Date.parse(headers.get("date") ?? "") || Date.now();
  // What is no date is in the past.
  return Number.isNaN(until) ? 0 : Math.max(0, until - from);
}

/** How old a response was when it came, the time of its request included. */
export function ageMs(headers: Headers, tookMs: number): number {
  const date = Date.parse(headers.get("date") ?? "");
  const apparent = Number.isNaN(date) ? 0 : Math.max(0, Date.now() - date);
  // A date has whole seconds: what came at once is not half a second old.
  const whole = Math.floor(apparent / 1000) * 1000;
  return Math.max(whole, (secondsOf(headers.get("age") ?? undefined) ?? 0) * 1000 + tookMs);
}

/** The names of the headers of the request that the response goes by; `undefined` for all that there are. */
export function varyOf(headers: Headers): readonly string[] | undefined {
  const names = (headers.get("vary") ?? "")
    .split(",")
    .map((name) => name.trim().toLowerCase())
    .filter((name) => name !== "");
  return names.includes("*") ? undefined : names.sort();
}

/** Statuses that may be kept. Redirects are followed, or are for who asked for them. */
const statuses: readonly number[] = [200, 203, 204, 300, 404, 405, 410, 414, 501];

/** Whether a response to a GET may be kept, and it is of any use. */
export function isStorable(status: number, headers: Headers): boolean {
  if (!statuses.includes(status) || varyOf(headers) === undefined) return false;
  if (directivesOf(headers.get("cache-control")).has("no-store")) return false;
  return lifetimeMs(headers) > 0 || headers.has("etag") || headers.has("last-modified");
}
