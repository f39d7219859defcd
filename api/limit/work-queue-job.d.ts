import type { Timer } from "../internal/runtime.ts";
import { CancelScope } from "../cancel/scope.ts";
import type { Wait } from "../cancel/wait.ts";
import type { Ranked } from "./work-queue-heap.ts";
import type { WorkOptions, WorkSettings } from "./work-queue-options.ts";
import { type AgeingTime } from "./work-queue-time.ts";
export interface WorkInfo {
    readonly name: string;
    readonly priority: number;
    readonly ageMs: number;
}
export declare class WorkJob<T = unknown> implements Ranked {
    #private;
    readonly priority: number;
    readonly signal: AbortSignal | undefined;
    readonly key: number;
    order: number;
    index: number;
    start: number;
    takenAt: number;
    since: number;
    wait: Wait | undefined;
    timer: Timer | undefined;
    last: Ranked | undefined;
    scope: CancelScope | undefined;
    result: Promise<T> | undefined;
    constructor(fn: (scope: CancelScope) => T | PromiseLike<T>, settings: WorkSettings, time: AgeingTime, options: WorkOptions | undefined);
    get name(): string;
    get info(): WorkInfo;
    open(): CancelScope;
    call(): Promise<T>;
    run(): Promise<T>;
}
