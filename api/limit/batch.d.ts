import { WaitQueue } from "../cancel/wait.ts";
export type Call<R> = () => R | PromiseLike<R>;
export declare class Batch<R> {
    #private;
    readonly line: WaitQueue<R>;
    constructor(kind: string, fn: (...args: never) => unknown, signal: AbortSignal | undefined, onLeft: (batch: Batch<R>) => void);
    join(call: Call<R>): Promise<R>;
    abandon(): void;
    open(): void;
    run(call: Call<R>): void;
}
