import { type Job } from "./fan-out.ts";
export interface RaceOptions<T> {
    signal?: AbortSignal | undefined;
    timeoutMs?: number | undefined;
    onLoser?: ((result: PromiseSettledResult<T>, index: number) => unknown) | undefined;
}
export declare function race<T extends unknown[]>(fns: readonly [...{
    [K in keyof T]: Job<T[K]>;
}], options?: RaceOptions<Awaited<T[number]>>): Promise<Awaited<T[number]>>;
export declare function race<R>(fns: Iterable<Job<R>>, options?: RaceOptions<Awaited<R>>): Promise<Awaited<R>>;
export declare function any<T extends unknown[]>(fns: readonly [...{
    [K in keyof T]: Job<T[K]>;
}], options?: RaceOptions<Awaited<T[number]>>): Promise<Awaited<T[number]>>;
export declare function any<R>(fns: Iterable<Job<R>>, options?: RaceOptions<Awaited<R>>): Promise<Awaited<R>>;
