import { Link, Member, type ScopeNode, type Sweep, type Swept } from "./tree.ts";
export declare class Wait<T = unknown> extends Member implements Swept {
    readonly line: WaitQueue<T>;
    previous: Wait<T> | undefined;
    next: Wait<T> | undefined;
    pending: boolean;
    promise: Promise<T>;
    readonly resolve: (value: T | PromiseLike<T>) => void;
    readonly order: number;
    readonly since: number;
    link: Link | undefined;
    cause: ScopeNode | undefined;
    payload: unknown;
    constructor(line: WaitQueue<T>, payload: unknown);
    reach(under: Sweep, node: ScopeNode): void;
    reject(): void;
    leave(): void;
    commit(value: T | PromiseLike<T>, _failed: boolean): void;
}
export declare class WaitQueue<T = unknown> {
    static sample: Wait;
    first: Wait<T> | undefined;
    last: Wait<T> | undefined;
    length: number;
    readonly kind: string;
    readonly target: unknown;
    readonly onLeave: ((wait: Wait<T>) => void) | undefined;
    constructor(kind: string, target?: unknown, onLeave?: (wait: Wait<T>) => void);
}
export declare function placeOf(signal: AbortSignal | undefined): ScopeNode | undefined;
export declare function refusal(place: ScopeNode | undefined, signal: AbortSignal | undefined): Promise<never> | undefined;
export declare function park<T>(line: WaitQueue<T>, place: ScopeNode | undefined, signal: AbortSignal | undefined, payload?: unknown): Wait<T>;
export declare function enter<T>(wait: Wait<T>, place: ScopeNode | undefined, signal: AbortSignal | undefined): void;
export declare function withdraw<T>(wait: Wait<T>): void;
export declare function isWaiting<T>(wait: Wait<T>): boolean;
export declare function grant<T>(wait: Wait<T>, value: T | PromiseLike<T>, failed?: boolean): boolean;
export declare function grantFirst<T>(line: WaitQueue<T>, value: T): boolean;
export declare function grantAll<T>(line: WaitQueue<T>, value: T | PromiseLike<T>, failed?: boolean): void;
export declare function fail<T>(wait: Wait<T>, error: unknown): boolean;
