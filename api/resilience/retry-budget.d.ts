import { Primitive, type PrimitiveOptions } from "../sync/primitive.ts";
export interface RetryBudgetOptions extends PrimitiveOptions {
    ratio?: number | undefined;
    minPerSecond?: number | undefined;
    ttlMs?: number | undefined;
}
export interface RetryBudgetStats {
    readonly calls: number;
    readonly retries: number;
    readonly balance: number;
}
export declare class RetryBudget extends Primitive {
    #private;
    constructor(options?: RetryBudgetOptions);
    get balance(): number;
    deposit(): void;
    tryWithdraw(): boolean;
    stats(): RetryBudgetStats;
}
