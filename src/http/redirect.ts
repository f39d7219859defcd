import { headerOf } from "./engine.ts";
import { HttpRedirectError } from "./errors.ts";
import type { EngineResponse } from "./engine.ts";
import type { Prepared } from "./request.ts";

const statuses: readonly number[] = [301, 302, 303, 307, 308];

/** What says something about a body that is not sent any more. */
const ofBody = [
  "content-encoding",
  "content-language",
  "content-length",
  "content-location",
  "content-type",
  "transfer-encoding",
];
/** What asks whether something has changed. */
const asking = ["if-none-match", "if-modified-since"];
/** What only the origin that it was meant for may see. */
const secret = ["authorization", "cookie", "host", "proxy-authorization"];

/** Where a response leads to; `undefined` if it is no redirect. */
export function locationOf({ status, headers }: EngineResponse): string | undefined {
  const location = statuses.includes(status) ? headerOf(headers, "location") : undefined;
  return location === undefined ? undefined : asUtf8(location);
}

/** Headers come as one character a byte. What is no ASCII is meant for UTF-8, as it is for browsers. */
function asUtf8(text: string): string {
  // What an engine has decoded already, or has only ASCII, stays as it is.
  if (!/[\x80-\xff]/.test(text) || /[\u0100-\uffff]/.test(text)) return text;
  try {
    return strict.decode(Uint8Array.from(text, (character) => character.charCodeAt(0)));
  } catch {
    return text;
  }
}

const strict = new TextDecoder("utf-8", { fatal: true });

/** Whether a redirect is what the caller wants to see. */
export function isMeant(status: number, { redirect }: Prepared): boolean {
  return redirect === "manual" && status >= 300 && status <= 399;
}

/**
 * The request that a redirect asks for, as `fetch` makes it: a POST that was answered with 301 or 302, and
 * whatever was answered with 303, becomes a GET without a body; another origin gets no credentials.
 *
 * @param urls What was asked for so far.
 * @throws {HttpRedirectError} If it cannot be followed.
 */
export function follow(
  request: Prepared,
  status: number,
  location: string,
  urls: readonly string[],
  max: number,
): Prepared {
  const fail = (what: string): HttpRedirectError => new HttpRedirectError(request, what, urls);
  if (request.redirect === "error") throw fail(`redirects to ${location}`);
  if (urls.length > max) throw fail(`was redirected more than ${max} times`);
  let url: URL;
  try {
    url = new URL(location, request.url);
  } catch {
    throw fail(`redirects to what is no URL: ${location}`);
  }
  if (!/^https?:$/.test(url.protocol))
    throw fail(`redirects to ${url.protocol}, which is not HTTP`);
  if (url.username !== "" || url.password !== "") {
    throw fail("redirects to a URL with a user and password");
  }
  const { hash } = new URL(request.url);
  if (url.hash === "" && hash !== "") url.hash = hash;
  const { method } = request;
  const becomesGet =
    ((status === 301 || status === 302) && method === "POST") ||
    (status === 303 && method !== "GET" && method !== "HEAD");
  if (!becomesGet && !request.replayable) {
    throw fail("redirects a body that was a stream and cannot be sent again");
  }
  const headers = new Headers(request.headers);
  if (becomesGet) for (const name of ofBody) headers.delete(name);
  if (url.origin !== request.origin) for (const name of secret) headers.delete(name);
  // What the cache has asked about is what the first URL had.
  if (request.asks) for (const name of asking) headers.delete(name);
  return {
    ...request,
    url: url.href,
    origin: url.origin,
    headers,
    asks: false,
    ...(becomesGet ? { method: "GET", body: undefined, replayable: true } : {}),
  };
}
