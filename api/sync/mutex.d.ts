import { Lock } from "./lock.ts";
import type { PrimitiveOptions } from "./primitive.ts";
export interface MutexStats {
    readonly locked: boolean;
    readonly waiting: number;
}
export declare class Mutex extends Lock {
    constructor(options?: PrimitiveOptions);
    get locked(): boolean;
    get waiting(): number;
    stats(): MutexStats;
}
