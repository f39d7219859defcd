import type { Nursery } from "./nursery.ts";
import { Task } from "./task.ts";
export interface StartOptions {
    name?: string | undefined;
    signal?: AbortSignal | undefined;
}
export declare function startTask<T, V>(nursery: Nursery, fn: (started: (value: V) => void, task: Task<unknown>) => T | PromiseLike<T>, options: StartOptions | undefined): Promise<{
    task: Task<T>;
    value: V;
}>;
