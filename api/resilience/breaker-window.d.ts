export interface Outcomes {
    add(failed: boolean): boolean;
    sums(): readonly [successes: number, failures: number];
}
export declare class Consecutive implements Outcomes {
    #private;
    constructor(limit: number);
    add(failed: boolean): boolean;
    sums(): readonly [number, number];
}
export declare class CountWindow implements Outcomes {
    #private;
    constructor(ratio: number, minimum: number, count: number);
    add(failed: boolean): boolean;
    sums(): readonly [number, number];
}
export declare class ShareOverTime implements Outcomes {
    #private;
    constructor(ratio: number, minimum: number, windowMs: number);
    add(failed: boolean): boolean;
    sums(): readonly [number, number];
}
