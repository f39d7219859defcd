/** Too many requests, service unavailable, and a gateway's way of saying that it has timed out. */
const OVERLOADED: readonly unknown[] = [429, 503, 504];

interface Failure {
  readonly name?: unknown;
  readonly status?: unknown;
  readonly statusCode?: unknown;
  readonly response?: { readonly status?: unknown } | null;
}

/** Whether an error says that what was called is overloaded: a timeout, or such a status of HTTP. */
export function isOverload(error: unknown): boolean {
  try {
    const failure = error as Failure | null | undefined;
    if (failure?.name === "TimeoutError") return true;
    const { status, statusCode, response } = failure ?? {};
    return [status, statusCode, response?.status].some((code) => OVERLOADED.includes(code));
  } catch {
    // An error that cannot be read says nothing.
    return false;
  }
}
