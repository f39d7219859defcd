/** Takes down how promises end, in the order in which they do. */
export interface Notes {
  /** Of each a line: `a` or `a: value` when it was fulfilled, `a! reason` when it was rejected. */
  readonly log: string[];
  /** Takes down the end of a promise under a name; the promise that it has done so. */
  readonly note: (name: string, promise: Promise<unknown>) => Promise<void>;
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.name : String(error);
}

export function notes(): Notes {
  const log: string[] = [];
  const note = (name: string, promise: Promise<unknown>): Promise<void> =>
    promise.then(
      (value) => void log.push(value === undefined ? name : `${name}: ${textOf(value)}`),
      (error: unknown) => void log.push(`${name}! ${reasonOf(error)}`),
    );
  return { log, note };
}
