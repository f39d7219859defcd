import type { DbDriver } from "../driver.ts";
export interface PostgresQuery extends PromiseLike<readonly unknown[]> {
    cancel(): unknown;
    readonly state?: unknown;
}
export interface PostgresReserved {
    unsafe(text: string, params?: never[], options?: {
        prepare?: boolean;
    }): PostgresQuery;
    release(): void;
}
export interface PostgresSql {
    unsafe(text: string, params?: never[], options?: {
        prepare?: boolean;
    }): PostgresQuery;
    reserve(): Promise<PostgresReserved>;
    end(options?: {
        timeout?: number;
    }): Promise<void>;
    readonly options: {
        readonly max: number;
        onclose?: unknown;
    };
}
export interface PostgresConnection {
    readonly sql: PostgresSql;
    readonly reserved: PostgresReserved;
    readonly processId: number;
    open: boolean;
    running: PostgresQuery | undefined;
}
export declare function postgresDriver(make: () => PostgresSql): DbDriver<PostgresConnection>;
