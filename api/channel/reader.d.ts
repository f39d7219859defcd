import type { WaitOptions } from "../cancel/sleep.ts";
export type Audience = Set<{
    readonly waiting: number;
    settle(): void;
}>;
export declare function settleAll(audience: Audience): void;
export declare function waitingAt(audience: Audience): number;
export declare abstract class Reader<T, R> implements AsyncIterable<T>, Disposable {
    #private;
    get waiting(): number;
    values(options?: WaitOptions): AsyncIterableIterator<T, undefined>;
    [Symbol.asyncIterator](): AsyncIterableIterator<T, undefined>;
    close(): void;
    [Symbol.dispose](): void;
}
