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
    face(serve: (args: A, time: number) => Promise<R>): Coalesced<A, R>;
    begin(args: A, keep: boolean): Promise<R>;
    follow(args: A): Promise<R>;
    wait(args: A, due: number): Promise<R>;
}
