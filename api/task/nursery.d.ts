import type { CancelScope } from "../cancel/scope.ts";
import type { ScopeNode } from "../cancel/tree.ts";
import { Failures } from "./failures.ts";
import { type EndStatus, type Task } from "./task.ts";
export declare class Nursery {
    #private;
    readonly scope: CancelScope;
    readonly failures: Failures;
    open: number;
    readonly daemons: Set<Task<unknown>>;
    interrupted: boolean;
    closed: boolean;
    constructor(scope: CancelScope, concurrency: number, target: unknown);
    enter(): boolean;
    run<T>(task: Task<T>, fn: (task: Task<unknown>) => T | PromiseLike<T>): void;
    enqueue<T>(task: Task<T>, fn: (task: Task<unknown>) => T | PromiseLike<T>): void;
    fail(error: unknown): void;
    childEnded(task: Task<unknown>, status: EndStatus, outcome: unknown): void;
    idle(place?: ScopeNode, signal?: AbortSignal): Promise<void>;
    close(): Promise<void>;
}
