import type { DbResult } from "../driver.ts";
export interface SqliteChanges {
    readonly changes: number | bigint;
    readonly lastInsertRowid: number | bigint;
}
export interface SqliteStatement {
    all(...params: never[]): unknown[];
    run(...params: never[]): unknown;
}
export interface SqliteDatabase {
    prepare(text: string): SqliteStatement;
    exec(text: string): unknown;
    close(): unknown;
}
export declare function runStatement(database: SqliteDatabase, text: string, params: readonly unknown[]): DbResult<unknown>;
