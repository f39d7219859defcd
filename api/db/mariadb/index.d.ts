import type { DbDriver } from "../driver.ts";
export interface MariadbClient {
    query(text: string, values?: unknown[]): Promise<unknown>;
    batch(text: string, values: unknown[][]): Promise<unknown>;
    reset(): Promise<void>;
    isValid(): boolean;
    destroy(): void;
    on(event: "error", listener: (error: Error) => void): unknown;
    readonly threadId: number | null;
}
export interface MariadbConnection {
    readonly client: MariadbClient;
    open: boolean;
    readonly home: string | undefined;
    moved: boolean;
}
export declare function mariadbDriver(make: () => Promise<MariadbClient>): DbDriver<MariadbConnection>;
