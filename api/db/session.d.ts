import { type Dialect } from "./dialect.ts";
import type { DbDriver, DbResult } from "./driver.ts";
import type { QueryOptions } from "./query-options.ts";
export type ResetMode = "auto" | "always" | "never";
export interface SessionSettings {
    readonly driver: DbDriver;
    readonly queryTimeoutMs: number;
    readonly cancelTimeoutMs: number;
    readonly resetTimeoutMs: number;
    readonly reset: ResetMode;
    readonly prepare: ((session: Session, signal: AbortSignal) => Promise<void>) | undefined;
}
export declare class Session {
    #private;
    readonly dialect: Dialect;
    readonly connection: unknown;
    transacting: boolean;
    constructor(connection: unknown, settings: SessionSettings);
    get driver(): DbDriver;
    get broken(): unknown;
    get changed(): boolean;
    get failed(): unknown;
    heal(): void;
    spoil(why: unknown): void;
    touch(): void;
    run(text: string, params: readonly unknown[], options: QueryOptions, check?: () => void): Promise<DbResult<unknown>>;
    command(text: string, options: QueryOptions, sent?: () => void): Promise<void>;
    exclusively<T>(text: string, start: () => Promise<T>, options: QueryOptions, check?: () => void): Promise<T>;
    leave(): Promise<void> | undefined;
    prepare(signal: AbortSignal): Promise<void>;
    renew(): Promise<void>;
    close(signal: AbortSignal): Promise<void>;
}
