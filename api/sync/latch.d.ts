import type { WaitOptions } from "../cancel/sleep.ts";
import { Primitive, type PrimitiveOptions } from "./primitive.ts";
export interface LatchStats {
    readonly count: number;
    readonly waiting: number;
}
export declare class Latch extends Primitive {
    #private;
    constructor(count: number, options?: PrimitiveOptions);
    get count(): number;
    get waiting(): number;
    countDown(n?: number): void;
    wait(options?: WaitOptions): Promise<void>;
    stats(): LatchStats;
}
