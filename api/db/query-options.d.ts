import type { Isolation } from "./dialect.ts";
export interface QueryOptions {
    signal?: AbortSignal | undefined;
    timeoutMs?: number | undefined;
}
export interface DbQuery {
    readonly text: string;
    readonly params?: readonly unknown[] | undefined;
    readonly timeoutMs?: number | undefined;
}
export interface SavepointOptions {
    signal?: AbortSignal | undefined;
    timeoutMs?: number | undefined;
    name?: string | undefined;
}
export interface TransactionOptions extends SavepointOptions {
    isolation?: Isolation | undefined;
    readOnly?: boolean | undefined;
    retries?: number | undefined;
}
export interface InsertOptions {
    columns?: readonly string[] | undefined;
    batchSize?: number | undefined;
    onProgress?: ((inserted: number) => unknown) | undefined;
    signal?: AbortSignal | undefined;
}
