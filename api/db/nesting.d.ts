export type Nested = "warn" | "error" | "reuse" | "allow";
export interface Holding {
    readonly released: boolean;
}
export declare class Nesting<T extends Holding> {
    #private;
    readonly what: Nested;
    constructor(what: Nested);
    within<R>(holding: T, fn: () => R): R;
    held(action: string): T | undefined;
}
