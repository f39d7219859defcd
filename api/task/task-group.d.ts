/// <reference lib="esnext.disposable" preserve="true" />
import { CancelScope } from "../cancel/scope.ts";
import type { WaitOptions } from "../cancel/sleep.ts";
import { type SpawnOptions, type TaskGroupOptions } from "./group-options.ts";
import { type StartOptions } from "./start.ts";
import { Task } from "./task.ts";
export declare class TaskGroup<F = never> implements AsyncDisposable {
    #private;
    readonly scope: CancelScope;
    constructor(options?: TaskGroupOptions);
    get size(): number;
    get failures(): readonly unknown[];
    spawn<T>(fn: (task: Task<unknown>) => T | PromiseLike<T>, options?: SpawnOptions): Task<T>;
    start<T, V = void>(fn: (started: (value: V) => void, task: Task<unknown>) => T | PromiseLike<T>, options?: StartOptions): Promise<{
        task: Task<T>;
        value: V;
    }>;
    cancel(reason?: unknown): void;
    finish(value: F): void;
    join(options?: WaitOptions): Promise<void>;
    [Symbol.asyncDispose](): Promise<void>;
}
export declare function taskGroup<T, F = never>(body: (group: TaskGroup<F>) => T | PromiseLike<T>, options?: TaskGroupOptions): Promise<T | F>;
