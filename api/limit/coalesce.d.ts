import { type Call } from "./batch.ts";
export interface Coalesced<A extends unknown[], R> {
    (...args: A): Promise<R>;
    flush(): Promise<R> | undefined;
    cancel(): void;
    readonly pending: number;
}
export declare class Coalescer<A extends unknown[], R> {
    #private;
    constructor(kind: string, fn: (...args: A) => R | PromiseLike<R>, restMs: number, signal: AbortSignal | undefined);
    get pending(): number;
    get restUntil(): number;
    set restUntil(time: number);
    face(serve: (call: Call<R>, time: number) => Promise<R>): Coalesced<A, R>;
    begin(call: Call<R>, keep: boolean): Promise<R>;
    follow(call: Call<R>): Promise<R>;
    wait(call: Call<R>, due: number): Promise<R>;
}
