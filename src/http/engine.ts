import { detached } from "../index.ts";

/** What an engine is asked to send. It follows no redirects, retries nothing and has no limits. */
export interface EngineRequest {
  readonly method: string;
  readonly headers: Headers;
  readonly body: RequestInit["body"] | AsyncIterable<Uint8Array>;
  /** Aborts when the response is not wanted any more, also in its body. */
  readonly signal: AbortSignal;
  readonly redirect: "manual";
  /** For bodies that are streams, as `fetch` wants it. */
  readonly duplex?: "half";
}

/** Where the bytes of a body come from, one chunk after the other. */
export interface BodySource {
  /** The next chunk; `undefined` at the end. One call at a time. */
  read(): Promise<Uint8Array | undefined>;
  /** Nobody wants the rest. */
  cancel(reason: unknown): unknown;
}

/** The headers of a response, as `fetch` has them or as a record of names in lower case. */
export type EngineHeaders = Headers | Readonly<Record<string, string | string[] | undefined>>;

/** What an engine gives: a `Response`, or what has these parts of one. */
export interface EngineResponse {
  readonly status: number;
  readonly statusText?: string;
  readonly headers: EngineHeaders;
  readonly body: ReadableStream<Uint8Array> | BodySource | null;
  /** `"opaqueredirect"` where the platform hides redirects. */
  readonly type?: string;
}

/**
 * What sends requests: `fetch`, or anything like it. It resolves when the headers are there, and rejects
 * when the signal aborts, as a read from the body does then.
 */
export type HttpEngine = (url: string, request: EngineRequest) => Promise<EngineResponse>;

/** The platform's `fetch`, looked up at each call, so that one that is put in its place is used. */
export const fetchEngine: HttpEngine = async (url, request) => {
  const { fetch } = globalThis as unknown as {
    fetch: (url: string, init: unknown) => Promise<EngineResponse>;
  };
  const typed = withType(request);
  // A browser shows no redirect to anybody, so there it has to follow them itself.
  const follow = { ...typed, redirect: "follow" };
  const isTwice = twice.includes(typed.method);
  if (!isTwice && ("document" in globalThis || "importScripts" in globalThis)) {
    return fetch(url, follow);
  }
  const response = await fetch(url, typed);
  if (response.type !== "opaqueredirect") return response;
  if (isTwice) return fetch(url, follow);
  throw new TypeError(`the platform hides where a ${request.method} is redirected to`);
};

/** With the type that a text has by the standard. Bun's `fetch` sends it without one. */
function withType(request: EngineRequest): EngineRequest {
  if (typeof request.body !== "string" || request.headers.has("content-type")) return request;
  const headers = new Headers(request.headers);
  headers.set("content-type", "text/plain;charset=UTF-8");
  return { ...request, headers };
}

/** What may be sent again to see where it leads. */
const twice: readonly string[] = ["GET", "HEAD", "OPTIONS"];

/**
 * Calls an engine with no current scope: sockets keep the async context in which they were made, and
 * they outlive the request.
 */
export function send(
  engine: HttpEngine,
  url: string,
  request: EngineRequest,
): Promise<EngineResponse> {
  return detached(() => engine(url, request));
}

/** The source of a body, whatever an engine gives as one. */
export function sourceOf(body: EngineResponse["body"]): BodySource | undefined {
  if (body === null || body === undefined) return undefined;
  if ("read" in body) return body;
  const reader = body.getReader();
  return {
    read: async () => {
      const { done, value } = await reader.read();
      return done ? undefined : value;
    },
    cancel: (reason) => reader.cancel(reason),
  };
}

/** A header by its name in lower case, without making `Headers` of a record. */
export function headerOf(headers: EngineHeaders, name: string): string | undefined {
  if (typeof headers.get === "function") return (headers as Headers).get(name) ?? undefined;
  const value = (headers as Readonly<Record<string, string | string[] | undefined>>)[name];
  return typeof value === "object" ? value.join(", ") : value;
}

/** Headers as `fetch` has them. */
export function headersOf(headers: EngineHeaders): Headers {
  if (typeof headers.get === "function") return headers as Headers;
  const made = new Headers();
  for (const [name, value] of Object.entries(headers)) {
    if (typeof value === "string") made.append(name, value);
    else if (Array.isArray(value)) for (const one of value) made.append(name, one);
  }
  return made;
}
