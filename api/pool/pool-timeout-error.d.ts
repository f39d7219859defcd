import { TimeoutError } from "../cancel/errors.ts";
export interface Shortage {
    readonly max: number;
    readonly busy: number;
    readonly waiting: number;
}
export declare class PoolTimeoutError extends TimeoutError {
    static [Symbol.hasInstance](value: unknown): boolean;
    readonly poolName: string | undefined;
    readonly max: number;
    readonly busy: number;
    readonly waiting: number;
    constructor(afterMs: number, poolName: string | undefined, shortage: Shortage, cause?: unknown);
}
