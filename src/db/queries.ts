import {
  type CancelScope,
  type MappedStream,
  mapStream,
  now,
  type StreamSource,
  timeoutAt,
} from "../index.ts";
import { checkCount, checkMs, checkOptions, checkWord, misuse } from "./arguments.ts";
import type { DbResult, DbRow } from "./driver.ts";
import type { DbQuery, QueryOptions } from "./query-options.ts";
import { supplyUntil } from "./supply-until.ts";

export interface DbStreamOptions {
  /** How many run at once; as many as the pool can have connections by default. */
  concurrency?: number | undefined;
  /** Whether results come in the order of the queries; by default each comes when it is there. */
  ordered?: boolean | undefined;
  /** How long it may take, all in all. Queries that run then are ended on the server. */
  timeoutMs?: number | undefined;
  /**
   * What a query does that fails: the others are cancelled, and the failure is thrown (`"cancel"`, the default), or
   * it is one of the results (`"collect"`). So is then one that has run out of time, and no further one is begun.
   */
  onError?: "cancel" | "collect" | undefined;
  /** Cancels from outside. */
  signal?: AbortSignal | undefined;
}

export type DbGatherOptions = Omit<DbStreamOptions, "ordered">;

/** How one of many queries has ended. */
export type DbOutcome<Row = DbRow> =
  | {
      readonly index: number;
      readonly query: string | DbQuery;
      readonly result: DbResult<Row>;
      readonly error?: undefined;
    }
  | {
      readonly index: number;
      readonly query: string | DbQuery;
      readonly result?: undefined;
      readonly error: unknown;
    };

/** How many queries have ended. */
export interface DbGathered<Row = DbRow> {
  /** In the order of the queries, with `undefined` for each that has failed. */
  readonly results: (DbResult<Row> | undefined)[];
  /** What has failed, in the order of the queries. */
  readonly errors: { readonly index: number; readonly error: unknown }[];
  readonly stats: {
    readonly succeeded: number;
    readonly failed: number;
    /** Whether all queries were taken from their source: not if the time was over before. */
    readonly complete: boolean;
    readonly elapsedMs: number;
  };
}

/** What runs one of them. */
export type QueryFunction = (
  text: string,
  params: readonly unknown[] | undefined,
  options: QueryOptions,
) => Promise<DbResult<unknown>>;

function checkStream(action: string, options: DbStreamOptions | undefined): void {
  checkOptions(action, options);
  checkCount(action, "concurrency", options?.concurrency);
  checkMs(action, "timeoutMs", options?.timeoutMs);
  checkWord(action, "onError", options?.onError, ["cancel", "collect"]);
}

function checkOne(action: string, query: unknown): DbQuery {
  if (typeof query === "string") return { text: query };
  const { text, params } = (query ?? {}) as Partial<DbQuery>;
  if (typeof text !== "string" || (params !== undefined && !Array.isArray(params))) {
    misuse(action, "queries", "made of texts, or objects with a text and params", query);
  }
  return query as DbQuery;
}

interface Run {
  readonly stream: MappedStream<DbOutcome<unknown>>;
  /** Whether all queries were taken. */
  readonly complete: () => boolean;
}

function begin(
  action: string,
  run: QueryFunction,
  queries: StreamSource<string | DbQuery>,
  options: DbStreamOptions | undefined,
  usualConcurrency: number,
): Run {
  checkStream(action, options);
  const { onError = "cancel", ordered = false, signal, timeoutMs = Infinity } = options ?? {};
  const { concurrency = usualConcurrency } = options ?? {};
  const deadline = now() + timeoutMs;
  const each = async (
    query: string | DbQuery,
    index: number,
    scope: CancelScope,
  ): Promise<DbOutcome<unknown>> => {
    const { text, params, timeoutMs: own } = checkOne(action, query);
    const start = (within: CancelScope): Promise<DbResult<unknown>> =>
      run(text, params, { signal: within.signal, timeoutMs: own });
    try {
      const result = await (deadline === Infinity
        ? start(scope)
        : timeoutAt(deadline, start, { signal: scope.signal, name: action }));
      return { index, query, result };
    } catch (error) {
      if (onError === "cancel") throw error;
      return { index, query, error };
    }
  };
  // Those who fail are cancelled by the deadline; those who collect get no further ones after it.
  const supply =
    onError === "collect" && deadline < Infinity ? supplyUntil(deadline, queries) : undefined;
  const stream = mapStream(supply?.items ?? queries, each, { concurrency, ordered, signal });
  return { stream, complete: () => supply?.complete() ?? true };
}

/** Runs queries as `options` say, for one reader. */
export function streamQueries(
  run: QueryFunction,
  queries: StreamSource<string | DbQuery>,
  options: DbStreamOptions | undefined,
  usualConcurrency: number,
): MappedStream<DbOutcome<unknown>> {
  return begin("stream queries", run, queries, options, usualConcurrency).stream;
}

/** Runs queries, and gives all that came of them at once. */
export async function gatherQueries(
  run: QueryFunction,
  queries: StreamSource<string | DbQuery>,
  options: DbGatherOptions | undefined,
  usualConcurrency: number,
): Promise<DbGathered<unknown>> {
  const begun = now();
  const results: (DbResult<unknown> | undefined)[] = [];
  const errors: { index: number; error: unknown }[] = [];
  const { stream, complete } = begin("gather", run, queries, options, usualConcurrency);
  for await (const { index, result, error } of stream) {
    results[index] = result;
    if (result === undefined) errors.push({ index, error });
  }
  errors.sort((a, b) => a.index - b.index);
  const succeeded = results.length - errors.length;
  const figures = { succeeded, failed: errors.length, complete: complete() };
  return { results, errors, stats: { ...figures, elapsedMs: now() - begun } };
}
