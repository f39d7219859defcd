import type { CancelScope } from "../cancel/scope.ts";
import type { Each, SKIPPED } from "./each.ts";
import { type Source } from "./source.ts";
export declare abstract class Feed<T, R> {
    #private;
    readonly source: Source<T>;
    readonly each: Each<T, R>;
    readonly scope: CancelScope;
    begun: number;
    exhausted: boolean;
    interrupted: boolean;
    constructor(source: Source<T>, each: Each<T, R>, scope: CancelScope, window: number);
    abstract settled(index: number, value: R | typeof SKIPPED, item: T): void;
    run(): Promise<void>;
    fail(error: unknown): void;
    taken(): void;
    read(): Promise<void>;
}
