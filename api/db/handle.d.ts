import type { CancelScope, StreamSource } from "../index.ts";
import type { DbResult, DbRow } from "./driver.ts";
import { type InsertRow } from "./insert.ts";
import type { InsertOptions, QueryOptions, TransactionOptions } from "./query-options.ts";
export interface DbConnection {
    query<Row = DbRow>(text: string, params?: readonly unknown[], options?: QueryOptions): Promise<DbResult<Row>>;
    insert(table: string, rows: StreamSource<InsertRow>, options?: InsertOptions): Promise<number>;
    transaction<T>(fn: (transaction: DbConnection, scope: CancelScope) => T | PromiseLike<T>, options?: TransactionOptions): Promise<T>;
    readonly native: object;
}
export declare function checkQuery(text: unknown, params: unknown, options: unknown): void;
export declare function checkTransaction(fn: unknown, options: TransactionOptions | undefined): void;
export declare function withoutUndefined(params: readonly unknown[] | undefined): readonly unknown[];
export declare abstract class Handle implements DbConnection {
    query<Row = DbRow>(text: string, params?: readonly unknown[], options?: QueryOptions): Promise<DbResult<Row>>;
    insert(table: string, rows: StreamSource<InsertRow>, options?: InsertOptions): Promise<number>;
    abstract transaction<T>(fn: (transaction: DbConnection, scope: CancelScope) => T | PromiseLike<T>, options?: TransactionOptions): Promise<T>;
    get native(): object;
}
