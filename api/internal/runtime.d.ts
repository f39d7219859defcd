export interface Storage {
    run<A, R>(store: unknown, fn: (argument: A) => R, argument: A): R;
    getStore(): unknown;
}
export interface Timer {
    cancel(): void;
}
export type TimerKind = "live" | "daemon" | "passive";
export interface Clock {
    now(): number;
    set<A>(ms: number, fire: (argument: A) => void, argument: A, kind: TimerKind): Timer;
}
export interface Watcher {
    started(wait: unknown): void;
    ended(wait: unknown): void;
}
export interface Detector {
    on: boolean;
    readonly off: boolean;
    begin(lock: object, weight: number): Frame | undefined;
    current(): Frame | undefined;
    waits(action: string, wait: object): void;
    hold(permit: object): void;
    release(permit: object): void;
}
export interface Frame {
    call<T>(fn: () => T | PromiseLike<T>): Promise<T>;
    begin(): void;
    end(): void;
    finish(): void;
}
export interface Runtime {
    ops: number;
    pauseAt: number;
    checks: number;
    hopped: number;
    hop: Promise<void> | undefined;
    late: unknown[];
    readonly aborting: object[];
    ambient: boolean;
    opened: boolean;
    storage: Storage | null | undefined;
    clock: Clock | undefined;
    watcher: Watcher | undefined;
    frame: object | undefined;
    detector: Detector | undefined;
    readonly hubs: WeakMap<AbortSignal, object>;
    readonly failures: WeakMap<object, unknown[]>;
    readonly time: () => number;
    readonly later: (fn: () => void) => void;
}
export declare const runtime: Runtime;
