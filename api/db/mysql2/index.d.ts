import type { DbDriver } from "../driver.ts";
export interface Mysql2Client {
    query(text: string, values?: unknown[]): Promise<[result: unknown, fields: unknown]>;
    reset?(): Promise<void>;
    destroy(): void;
    end(): Promise<void>;
    on(event: "error", listener: (error: Error) => void): unknown;
    readonly threadId: number | null;
}
export interface Mysql2Pool {
    getConnection(): Promise<Mysql2Client>;
    end(): Promise<void>;
}
export interface Mysql2DriverOptions {
    keepOpen?: boolean | undefined;
}
export interface Mysql2Connection {
    readonly client: Mysql2Client;
    open: boolean;
    readonly home: string | undefined;
    moved: boolean;
}
export declare function mysql2Driver(source: Mysql2Pool | (() => Promise<Mysql2Client>), options?: Mysql2DriverOptions): DbDriver<Mysql2Connection>;
