import type { WaitOptions } from "../cancel/sleep.ts";
import { Primitive, type PrimitiveOptions } from "./primitive.ts";
export interface BarrierStats {
    readonly parties: number;
    readonly waiting: number;
    readonly broken: boolean;
}
export declare class Barrier extends Primitive {
    #private;
    readonly parties: number;
    constructor(parties: number, options?: PrimitiveOptions);
    get waiting(): number;
    get broken(): boolean;
    wait(options?: WaitOptions): Promise<number>;
    reset(): void;
    abort(): void;
    stats(): BarrierStats;
}
