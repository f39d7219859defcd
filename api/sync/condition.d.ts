import type { RunOptions } from "../cancel/run-options.ts";
import type { WaitOptions } from "../cancel/sleep.ts";
import { Mutex } from "./mutex.ts";
import { Primitive, type PrimitiveOptions } from "./primitive.ts";
export interface ConditionStats {
    readonly locked: boolean;
    readonly waiting: number;
}
export declare class HeldCondition {
    #private;
    wait(options?: WaitOptions): Promise<void>;
    waitFor<T>(predicate: () => T, options?: WaitOptions): Promise<T>;
    notify(n?: number): void;
    notifyAll(): void;
}
export declare class Condition extends Primitive {
    #private;
    readonly mutex: Mutex;
    constructor(mutex?: Mutex, options?: PrimitiveOptions);
    run<T>(fn: (held: HeldCondition) => T | PromiseLike<T>, options?: RunOptions): Promise<T>;
    get waiting(): number;
    stats(): ConditionStats;
}
