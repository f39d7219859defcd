import type { ScopeNode } from "./tree.ts";
import type { Wait, WaitQueue } from "./wait.ts";
export interface Held {
    readonly frames: Frame[];
    readonly line: WaitQueue;
    readonly most: number;
    readonly whole?: Held | undefined;
}
export declare class Frame {
    #private;
    readonly node: ScopeNode | undefined;
    readonly outer: Frame | undefined;
    readonly frame: this;
    readonly lock: Held;
    readonly weight: number;
    over: boolean;
    waits: Wait[];
    constructor(lock: Held, weight: number);
    get ended(): true;
    get error(): undefined;
    get foreign(): undefined;
    above(): ScopeNode | undefined;
    begin(): void;
    finish(): void;
    end(): void;
    call<T>(fn: () => T | PromiseLike<T>): Promise<T>;
    remember(wait: Wait): void;
}
export declare function currentFrame(): Frame | undefined;
