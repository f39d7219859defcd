import type { ScopeNode } from "./tree.ts";
import type { Wait } from "./wait.ts";
export interface Held {
    readonly frames: Frame[];
    readonly total: number;
}
export declare class Frame {
    #private;
    readonly ended: boolean;
    readonly error: undefined;
    readonly foreign: undefined;
    readonly node: ScopeNode | undefined;
    readonly outer: Frame | undefined;
    readonly frame: this;
    readonly lock: Held;
    readonly weight: number;
    over: boolean;
    waits: Wait[];
    constructor(lock: Held, weight: number);
    above(): ScopeNode | undefined;
    begin(): void;
    finish(): void;
    end(): void;
    call<T>(fn: () => T | PromiseLike<T>): Promise<T>;
    remember(wait: Wait): void;
}
export declare function currentFrame(): Frame | undefined;
