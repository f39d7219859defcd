import type { DbDriver } from "../driver.ts";
import { type SqliteDatabase, type SqliteStatement } from "./statement.ts";
export type { SqliteDatabase, SqliteStatement };
export interface SqliteDriverOptions {
    keepOpen?: boolean | undefined;
}
export interface SqliteConnection {
    readonly database: SqliteDatabase;
    open: boolean;
}
export declare function sqliteDriver(source: SqliteDatabase | (() => SqliteDatabase), options?: SqliteDriverOptions): DbDriver<SqliteConnection>;
