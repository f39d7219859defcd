import { seen } from "../internal/arguments.ts";

type Fields = Readonly<Record<string, string | readonly string[] | number | undefined>>;

/** Headers: those of `fetch`, or an object that has them by name, as those of Node's `http`. */
export type ReplyHeaders = { get(name: string): string | null | undefined } | Fields;

/** What a server has said: a reply with its headers, or the headers alone. */
export type Reply =
  | ReplyHeaders
  | {
      readonly headers: ReplyHeaders;
      readonly status?: number | undefined;
      readonly statusCode?: number | undefined;
    };

interface Parts {
  readonly headers?: ReplyHeaders;
  readonly status?: number;
  readonly statusCode?: number;
}

/** Numbers from here on are seconds since 1970, and not from now; from the second on, milliseconds. */
const EPOCH = 1e9;
const EPOCH_MS = 1e11;
/** What is later is no time. */
const LAST = 8.64e15;

/** Gives a header by its name in lower case; an empty text if it is not there. */
type Get = (name: string) => string;

function reader(headers: ReplyHeaders): Get {
  if (typeof headers.get === "function") {
    // Some give numbers, too.
    return (name) =>
      `${(headers as { get: (name: string) => string | number | null }).get(name) ?? ""}`;
  }
  const fields = Object.entries(headers as Fields);
  return (name) => String(fields.find(([key]) => key.toLowerCase() === name)?.[1] ?? "");
}

/** The date that a header holds, in milliseconds since 1970; `NaN` if it holds none. */
function dateOf(text: string): number {
  // Left to itself, the platform finds the year 2077 in "error 2077".
  if (!/\d:\d\d:\d\d/.test(text)) return Number.NaN;
  // The oldest of the three forms names no zone, and means the same one.
  return Date.parse(/(?:GMT|Z)\s*$/i.test(text) ? text : `${text} GMT`);
}

/** How long it is until what a header says: a number of seconds, a time in seconds, or a date. */
function msUntil(text: string, get: Get): number {
  const number = /^\s*\d+(?:\.\d+)?\s*$/.test(text) ? Number(text) : Number.NaN;
  if (number < EPOCH) return number * 1000;
  const date = Number.isNaN(number) ? dateOf(text) : number < EPOCH_MS ? number * 1000 : number;
  if (!(date <= LAST)) return 0;
  // By the server's own clock if it tells that: this one's may be wrong.
  return Math.max(0, date - (dateOf(get("date")) || Date.now()));
}

/** How long it is until there is quota again; 0 if there is some. */
function quotaMs(get: Get): number {
  let ms = 0;
  const look = (remaining: string | undefined, reset: string | undefined): void => {
    if (remaining?.trim() && Number(remaining) <= 0) ms = Math.max(ms, msUntil(reset ?? "", get));
  };
  const field = get("ratelimit").replaceAll(/"(?:[^"\\]|\\.)*"/g, "");
  // A policy each, `"name";r=0;t=30`; in an earlier draft one for all, `limit=9, remaining=0, reset=30`.
  for (const policy of /\bremaining\s*=/.test(field) ? [field] : field.split(",")) {
    look(
      /\br(?:emaining)?\s*=\s*(\d+)/.exec(policy)?.[1],
      /\b(?:t|reset)\s*=\s*(\d+)/.exec(policy)?.[1],
    );
  }
  for (const name of ["ratelimit", "x-ratelimit", "x-rate-limit"]) {
    look(get(`${name}-remaining`), get(`${name}-reset`));
  }
  return ms;
}

/**
 * Reads from a reply how long its server asks to wait: by `Retry-After` (seconds or a date), or by what
 * the `RateLimit` and `X-RateLimit` headers say when the quota is used up. Of several, the longest.
 *
 * Dates are taken relative to the `Date` header, which holds also where the clocks differ; without one
 * they go by the wall clock. `Retry-After` counts in replies with a status of 400 and more: a success
 * that has one speaks of its own resource only. What cannot be read is not there.
 *
 * @returns Milliseconds; 0 if nothing asks to wait.
 * @throws {TypeError} If `reply` is no object.
 * @example
 * ```ts
 * import { retryAfterMs } from "corral";
 *
 * console.log(retryAfterMs({ "retry-after": "120" })); // 120000
 * console.log(retryAfterMs(new Headers({ RateLimit: '"default";r=0;t=30' }))); // 30000
 * console.log(retryAfterMs(new Response("fine"))); // 0
 * ```
 */
export function retryAfterMs(reply: Reply): number {
  if (typeof reply !== "object" || reply === null) {
    throw new TypeError(`Cannot read a reply: "reply" must be an object, received ${seen(reply)}`);
  }
  const { headers, status, statusCode } = reply as Parts;
  const get = reader(headers ?? (reply as ReplyHeaders));
  const failed = headers === undefined || (status ?? statusCode ?? 400) >= 400;
  return Math.max(failed ? msUntil(get("retry-after"), get) : 0, quotaMs(get));
}
