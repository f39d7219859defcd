/** What a crawl by plain `fetch` has to know about failures. */

/** A response that is no success. */
export class StatusError extends Error {
  override readonly name = "StatusError" as const;
  readonly status: number;
  /** How long the server asks its visitors to stay away. */
  readonly retryAfterMs: number | undefined;

  constructor(response: Response) {
    super(`${response.status} ${response.statusText}`.trimEnd());
    this.status = response.status;
    this.retryAfterMs = parseRetryAfter(response.headers.get("retry-after"));
  }
}

function parseRetryAfter(value: string | null): number | undefined {
  if (value === null) return undefined;
  if (/^\d+$/.test(value)) return Number(value) * 1000;
  const date = Date.parse(value);
  return Number.isNaN(date) ? undefined : Math.max(0, date - Date.now());
}

const transientStatuses = new Set([408, 425, 429, 500, 502, 503, 504]);

/** Tells whether the same request may succeed a little later. */
export function isTransient(error: unknown): boolean {
  if (error instanceof StatusError) return transientStatuses.has(error.status);
  // `fetch` reports every fault of the network, also in mid-body, as a TypeError.
  return error instanceof TypeError || (error instanceof Error && error.name === "TimeoutError");
}

const maxRetryAfterMs = 30_000;

/** How long to wait after the failed attempt number `attempt`, counted from 1. */
export function retryDelayMs(error: unknown, attempt: number): number {
  if (error instanceof StatusError && error.retryAfterMs !== undefined) {
    return Math.min(error.retryAfterMs, maxRetryAfterMs);
  }
  const backoffMs = 50 * 2 ** attempt;
  return backoffMs / 2 + (Math.random() * backoffMs) / 2;
}

/** Says in a few words what went wrong, with the system's own code where there is one. */
export function describeFailure(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { cause } = error;
  if (!(cause instanceof Error)) return error.message;
  const code = "code" in cause ? String(cause.code) : cause.message;
  return `${error.message}: ${code}`;
}
