import { CancelScope } from "../cancel/scope.ts";
import type { WaitOptions } from "../cancel/sleep.ts";
export type TaskStatus = "queued" | "running" | "succeeded" | "failed" | "cancelled";
export declare class Task<T> implements PromiseLike<T> {
    #private;
    readonly id: number;
    readonly name: string;
    readonly scope: CancelScope;
    get status(): TaskStatus;
    cancel(reason?: unknown): void;
    result(): T;
    then<A = T, B = never>(onFulfilled?: ((value: T) => A | PromiseLike<A>) | null, onRejected?: ((reason: unknown) => B | PromiseLike<B>) | null): Promise<A | B>;
    wait(options?: WaitOptions): Promise<T>;
    toString(): string;
}
export type EndStatus = "succeeded" | "failed" | "cancelled";
export declare function endTask(task: Task<unknown>, failed: boolean, outcome: unknown, then: (status: EndStatus, outcome: unknown) => void): void;
