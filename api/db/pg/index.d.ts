import type { DbDriver } from "../driver.ts";
export interface PgResult {
    readonly rows: unknown[];
    readonly rowCount: number | null;
    readonly command?: string;
}
export interface PgClient {
    query(query: {
        text: string;
        values?: unknown[];
    }): Promise<PgResult | PgResult[]>;
    on(event: "error", listener: (error: Error) => void): unknown;
    on(event: "end", listener: () => void): unknown;
    connect(): Promise<unknown>;
    end(): Promise<void>;
}
export interface PgPoolClient extends PgClient {
    release(error?: Error | boolean): void;
}
export interface PgPool {
    connect(): Promise<PgPoolClient>;
    end(): Promise<void>;
    on(event: "connect", listener: (client: PgPoolClient) => void): unknown;
}
export interface PgDriverOptions {
    keepOpen?: boolean | undefined;
}
export interface PgConnection {
    readonly client: PgClient;
    readonly close: () => Promise<void> | void;
    open: boolean;
    prepares: boolean;
    status: string | undefined;
}
export declare function pgDriver(source: PgPool | (() => PgClient), options?: PgDriverOptions): DbDriver<PgConnection>;
