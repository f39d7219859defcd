import { type FanOutOptions, type Job } from "./fan-out.ts";
export interface GatherOptions extends FanOutOptions {
    onDiscard?: ((value: unknown) => unknown) | undefined;
}
export type Gathered<T> = {
    -readonly [K in keyof T]: T[K] extends Job<infer R> ? Awaited<R> : never;
};
export type GatheredSettled<T> = {
    -readonly [K in keyof T]: T[K] extends Job<infer R> ? PromiseSettledResult<Awaited<R>> : never;
};
export declare function gather<const T extends readonly Job<unknown>[]>(fns: T, options?: GatherOptions): Promise<Gathered<T>>;
export declare function gather<R>(fns: Iterable<Job<R>>, options?: GatherOptions): Promise<Awaited<R>[]>;
export declare function gather<T extends {
    [K in keyof T]: Job<unknown>;
}>(fns: T, options?: GatherOptions): Promise<Gathered<T>>;
export declare function gatherSettled<const T extends readonly Job<unknown>[]>(fns: T, options?: FanOutOptions): Promise<GatheredSettled<T>>;
export declare function gatherSettled<R>(fns: Iterable<Job<R>>, options?: FanOutOptions): Promise<PromiseSettledResult<Awaited<R>>[]>;
export declare function gatherSettled<T extends {
    [K in keyof T]: Job<unknown>;
}>(fns: T, options?: FanOutOptions): Promise<GatheredSettled<T>>;
