import type { DbDriver } from "../driver.ts";
export interface PgliteResult {
    readonly rows: unknown[];
    readonly fields: readonly unknown[];
    readonly affectedRows?: number;
}
export interface PgliteDatabase {
    query(text: string, params?: unknown[]): Promise<PgliteResult>;
    exec(text: string): Promise<PgliteResult[]>;
    close(): Promise<void>;
    readonly closed: boolean;
    readonly waitReady: Promise<void>;
}
export interface PgliteDriverOptions {
    keepOpen?: boolean | undefined;
}
export interface PgliteConnection {
    readonly database: PgliteDatabase;
}
export declare function pgliteDriver(database: PgliteDatabase, options?: PgliteDriverOptions): DbDriver<PgliteConnection>;
