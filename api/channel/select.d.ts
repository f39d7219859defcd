import type { Clause } from "../cancel/clause.ts";
import { type WaitOptions } from "../cancel/sleep.ts";
import type { CapacityLimiter, TryBorrowOptions } from "../sync/capacity-limiter.ts";
import type { AsyncEvent } from "../sync/event.ts";
import type { Latch } from "../sync/latch.ts";
import type { Lock } from "../sync/lock.ts";
import type { Permit } from "../sync/permit.ts";
import type { Semaphore, TryAcquireOptions } from "../sync/semaphore.ts";
import type { Task } from "../task/task.ts";
import type { Subscription } from "./broadcast.ts";
import type { Queue } from "./queue.ts";
import type { Receiver } from "./receiver.ts";
import type { Sender } from "./sender.ts";
import type { WatchReader } from "./watch.ts";
export type Clauses = Readonly<Record<string, Clause<unknown> | undefined>>;
type ValueOf<C> = C extends Clause<infer T> ? T : never;
export type Selected<C extends Clauses> = {
    [K in keyof C]-?: {
        readonly key: K;
        readonly value: ValueOf<C[K]>;
    };
}[keyof C];
export interface SelectOptions extends WaitOptions {
    biased?: boolean | undefined;
}
export declare function select<C extends Clauses>(clauses: C, options?: SelectOptions): Promise<Selected<C>>;
export declare function trySelect<C extends Clauses>(clauses: C, options?: SelectOptions): Selected<C> | undefined;
export declare function recv<T>(source: Receiver<T> | Queue<T> | Subscription<T>): Clause<T>;
export declare function send<T>(target: Sender<T> | Queue<T>, item: NoInfer<T>): Clause<void>;
export declare function after(ms: number): Clause<void>;
export declare function join<T>(task: Task<T>): Clause<T>;
export declare function lock(target: Semaphore, options?: TryAcquireOptions): Clause<Permit>;
export declare function lock(target: CapacityLimiter, options?: TryBorrowOptions): Clause<Permit>;
export declare function lock<P extends Permit>(target: Lock<P>): Clause<P>;
export declare function when(target: AsyncEvent | Latch | WatchReader<unknown>): Clause<void>;
export {};
