import { CancelScope } from "../cancel/scope.ts";
import { Failures } from "./failures.ts";
export type Job<T> = (scope: CancelScope) => T | PromiseLike<T>;
export interface FanOutOptions {
    concurrency?: number | undefined;
    signal?: AbortSignal | undefined;
    timeoutMs?: number | undefined;
}
export type Ended = (index: number, failed: boolean, outcome: unknown) => void;
export declare class FanOut {
    #private;
    readonly scope: CancelScope;
    readonly failures: Failures;
    constructor(action: string, jobs: readonly Job<unknown>[], options: FanOutOptions | undefined, ended: Ended);
    run<T>(value: (interrupted: boolean) => T): Promise<T>;
}
export declare function jobsOf(action: string, fns: unknown): {
    jobs: Job<unknown>[];
    shape: (results: unknown[]) => unknown;
};
