import type { CancelScope } from "../cancel/scope.ts";
import type { WaitOptions } from "../cancel/sleep.ts";
import { Primitive } from "../sync/primitive.ts";
import { type WorkInfo } from "./work-queue-job.ts";
import { type ShutdownOptions, type WorkOptions, type WorkQueueOptions } from "./work-queue-options.ts";
export interface WorkQueueStats {
    readonly concurrency: number;
    readonly active: number;
    readonly size: number;
    readonly blocked: number;
    readonly zombies: number;
    readonly oldestMs: number;
    readonly paused: boolean;
    readonly closed: boolean;
}
export declare class WorkQueue extends Primitive implements AsyncDisposable {
    #private;
    constructor(options: WorkQueueOptions);
    add<T>(fn: (scope: CancelScope) => T | PromiseLike<T>, options?: WorkOptions): Promise<T>;
    pause(): void;
    resume(): void;
    get isPaused(): boolean;
    clear(reason?: unknown): void;
    get concurrency(): number;
    set concurrency(concurrency: number);
    get size(): number;
    get active(): number;
    get zombies(): number;
    running(): readonly WorkInfo[];
    waiting(): readonly WorkInfo[];
    onIdle(options?: WaitOptions): Promise<void>;
    onEmpty(options?: WaitOptions): Promise<void>;
    onSizeLessThan(n: number, options?: WaitOptions): Promise<void>;
    drain(options?: WaitOptions): Promise<void>;
    shutdown(options: ShutdownOptions): Promise<void>;
    [Symbol.asyncDispose](): Promise<void>;
    stats(): WorkQueueStats;
}
