import type { WaitOptions } from "../cancel/sleep.ts";
import { Primitive, type PrimitiveOptions } from "../sync/primitive.ts";
import { Reader } from "./reader.ts";
export interface WatchOptions<T> extends PrimitiveOptions {
    equals?: ((a: T, b: T) => boolean) | undefined;
}
export interface WatchStats {
    readonly version: number;
    readonly waiting: number;
    readonly closed: boolean;
}
export declare class WatchReader<T> extends Reader<T, void> {
    #private;
    get value(): T;
    get hasChanged(): boolean;
    changed(options?: WaitOptions): Promise<void>;
}
export declare class Watch<T> extends Primitive {
    #private;
    constructor(initial: T, options?: WatchOptions<NoInfer<T>>);
    get value(): T;
    get closed(): boolean;
    set(value: T): void;
    update(fn: (value: T) => T): void;
    waitFor<S extends T>(predicate: (value: T) => value is S, options?: WaitOptions): Promise<S>;
    waitFor(predicate: (value: T) => boolean, options?: WaitOptions): Promise<T>;
    subscribe(): WatchReader<T>;
    close(): void;
    stats(): WatchStats;
}
