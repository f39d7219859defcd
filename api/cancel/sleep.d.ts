import type { Clause } from "./clause.ts";
export interface WaitOptions {
    signal?: AbortSignal | undefined;
}
export declare function sleepClause(ms: number): Clause<void>;
export declare function sleep(ms: number, options?: WaitOptions): Promise<void>;
