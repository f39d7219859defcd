import type { WaitOptions } from "../cancel/sleep.ts";
import { Primitive, type PrimitiveOptions } from "./primitive.ts";
export interface AsyncEventStats {
    readonly isSet: boolean;
    readonly waiting: number;
}
export declare class AsyncEvent extends Primitive {
    #private;
    constructor(options?: PrimitiveOptions);
    get isSet(): boolean;
    get waiting(): number;
    set(): void;
    clear(): void;
    wait(options?: WaitOptions): Promise<void>;
    stats(): AsyncEventStats;
}
