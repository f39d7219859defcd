import type { DestroyReason } from "./pool-event.ts";
export interface PoolCounts {
    acquired: number;
    waited: number;
    timeouts: number;
    created: number;
    createFailures: number;
    resetFailures: number;
    destroyFailures: number;
    leaks: number;
    readonly destroyed: Record<DestroyReason, number>;
}
export declare function newCounts(): PoolCounts;
export interface PoolStats extends Readonly<Omit<PoolCounts, "destroyed">> {
    readonly size: number;
    readonly idle: number;
    readonly busy: number;
    readonly creating: number;
    readonly destroying: number;
    readonly waiting: number;
    readonly max: number;
    readonly destroyed: Readonly<Record<DestroyReason, number>>;
}
export interface KeyedPoolStats extends PoolStats {
    readonly keys: number;
}
