import type { PrimitiveOptions } from "../sync/primitive.ts";
import type { OnTimeout } from "./limit-section.ts";
import type { RateLimiter } from "./rate-limiter.ts";
export type WorkOverflow = "wait" | "reject" | "dropOldest" | "dropLowest";
export interface WorkQueueOptions extends PrimitiveOptions {
    concurrency: number;
    ageing?: {
        readonly everyMs: number;
    } | undefined;
    capacity?: number | undefined;
    overflow?: WorkOverflow | undefined;
    maxWaitMs?: number | undefined;
    timeoutMs?: number | undefined;
    onTimeout?: OnTimeout | undefined;
    rate?: RateLimiter | undefined;
    paused?: boolean | undefined;
}
export interface WorkOptions {
    priority?: number | undefined;
    signal?: AbortSignal | undefined;
    timeoutMs?: number | undefined;
    maxWaitMs?: number | undefined;
    name?: string | undefined;
}
export interface ShutdownOptions {
    graceMs: number;
    reason?: unknown;
    signal?: AbortSignal | undefined;
}
export declare const CREATE = "create a work queue";
export interface WorkSettings {
    readonly everyMs: number;
    readonly capacity: number;
    readonly overflow: WorkOverflow;
    readonly maxWaitMs: number;
    readonly timeoutMs: number;
    readonly onTimeout: OnTimeout;
    readonly rate: RateLimiter | undefined;
}
export declare function readSettings(options: WorkQueueOptions): WorkSettings;
export declare function checkWork(action: string, options: WorkOptions): void;
