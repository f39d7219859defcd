export type Backoff = (attempt: number, previousMs: number | undefined) => number;
export type Jitter = "full" | "equal" | "decorrelated" | "none";
export interface ExponentialOptions {
    baseMs?: number | undefined;
    factor?: number | undefined;
    maxMs?: number | undefined;
    jitter?: Jitter | undefined;
    random?: (() => number) | undefined;
}
export declare function exponential(options?: ExponentialOptions): Backoff;
export declare function constant(ms: number): Backoff;
