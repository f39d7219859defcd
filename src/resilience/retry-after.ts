import { type Reply, retryAfterMs } from "../limit/retry-after.ts";

/** How long a failure asks to wait: its `retryAfterMs`, or what the headers of its `response` say. */
export function retryAfterOf(error: unknown): number | undefined {
  try {
    const failure = error as { retryAfterMs?: unknown; response?: { headers?: unknown } } | null;
    const own = failure?.retryAfterMs;
    if (typeof own === "number" && own >= 0) return own;
    const response = failure?.response;
    return response?.headers === undefined ? undefined : retryAfterMs(response as Reply);
  } catch {
    // An error that cannot be read asks for nothing.
    return undefined;
  }
}
