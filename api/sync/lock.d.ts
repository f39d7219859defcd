import type { RunOptions } from "../cancel/run-options.ts";
import type { WaitOptions } from "../cancel/sleep.ts";
import type { Permit } from "./permit.ts";
import { Primitive } from "./primitive.ts";
export declare abstract class Lock<P extends Permit = Permit> extends Primitive {
    #private;
    acquire(options?: WaitOptions): Promise<P>;
    tryAcquire(): P | undefined;
    run<T>(fn: () => T | PromiseLike<T>, options?: RunOptions): Promise<T>;
}
