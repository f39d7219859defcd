import type { DbDriver } from "../driver.ts";
export interface PostgresQuery extends PromiseLike<readonly unknown[]> {
    readonly state?: unknown;
    readonly active?: boolean;
    readonly canceller?: ((query: PostgresQuery) => Promise<unknown>) | null;
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
        readonly ssl?: unknown;
        onclose?: unknown;
    };
}
export interface PostgresConnection {
    readonly sql: PostgresSql;
    readonly reserved: PostgresReserved;
    readonly processId: number;
    open: boolean;
    running: PostgresQuery | undefined;
    prepares: boolean;
}
export declare function postgresDriver(make: () => PostgresSql): DbDriver<PostgresConnection>;
