import { type Dialect } from "./dialect.ts";
import type { DbDriver, DbResult } from "./driver.ts";
export type ResetMode = "auto" | "always" | "never";
export interface SessionSettings {
    readonly driver: DbDriver;
    readonly queryTimeoutMs: number;
    readonly cancelTimeoutMs: number;
    readonly resetTimeoutMs: number;
    readonly reset: ResetMode;
    readonly prepare: ((session: Session, signal: AbortSignal) => Promise<void>) | undefined;
}
export interface RunOptions {
    readonly signal?: AbortSignal | undefined;
    readonly timeoutMs?: number | undefined;
}
export declare class Session {
    #private;
    readonly dialect: Dialect;
    readonly connection: unknown;
    constructor(connection: unknown, settings: SessionSettings);
    get driver(): DbDriver;
    get broken(): unknown;
    get changed(): boolean;
    get failed(): unknown;
    heal(): void;
    spoil(why: unknown): void;
    touch(): void;
    run(text: string, params: readonly unknown[], options: RunOptions, check?: () => void): Promise<DbResult<unknown>>;
    command(text: string, options: RunOptions): Promise<void>;
    exclusively<T>(text: string, start: () => Promise<T>, options: RunOptions, check?: () => void): Promise<T>;
    leave(): Promise<void> | undefined;
    prepare(signal: AbortSignal): Promise<void>;
    renew(): Promise<void>;
    close(signal: AbortSignal): Promise<void>;
}
