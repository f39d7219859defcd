export declare class VirtualClock {
    #private;
    now(): number;
    advance(ms: number): Promise<void>;
    runUntilIdle(): Promise<void>;
    external<T>(promise: PromiseLike<T>): Promise<T>;
}
export declare function withVirtualClock<T>(body: (clock: VirtualClock) => T | PromiseLike<T>): Promise<T>;
