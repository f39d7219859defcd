import { type MappedStream, type StreamSource } from "../index.ts";
import type { DbResult, DbRow } from "./driver.ts";
import type { DbQuery, QueryOptions } from "./query-options.ts";
export interface DbStreamOptions {
    concurrency?: number | undefined;
    ordered?: boolean | undefined;
    timeoutMs?: number | undefined;
    onError?: "cancel" | "collect" | undefined;
    signal?: AbortSignal | undefined;
}
export type DbGatherOptions = Omit<DbStreamOptions, "ordered">;
export type DbOutcome<Row = DbRow> = {
    readonly index: number;
    readonly query: string | DbQuery;
    readonly result: DbResult<Row>;
    readonly error?: undefined;
} | {
    readonly index: number;
    readonly query: string | DbQuery;
    readonly result?: undefined;
    readonly error: unknown;
};
export interface DbGathered<Row = DbRow> {
    readonly results: (DbResult<Row> | undefined)[];
    readonly errors: {
        readonly index: number;
        readonly error: unknown;
    }[];
    readonly stats: {
        readonly succeeded: number;
        readonly failed: number;
        readonly complete: boolean;
        readonly elapsedMs: number;
    };
}
export type QueryFunction = (text: string, params: readonly unknown[] | undefined, options: QueryOptions) => Promise<DbResult<unknown>>;
export declare function streamQueries(run: QueryFunction, queries: StreamSource<string | DbQuery>, options: DbStreamOptions | undefined, usualConcurrency: number): MappedStream<DbOutcome<unknown>>;
export declare function gatherQueries(run: QueryFunction, queries: StreamSource<string | DbQuery>, options: DbGatherOptions | undefined, usualConcurrency: number): Promise<DbGathered<unknown>>;
