import type { ScopeNode } from "../cancel/tree.ts";
import { WaitQueue } from "../cancel/wait.ts";
import type { Errand, Home } from "./home.ts";
import { LoadScope } from "./load-scope.ts";
export interface FlightOwner {
    readonly name?: string | undefined;
    readonly home: Home;
    readonly loads?: ScopeNode | undefined;
    landed(flight: never, failed: boolean, outcome: unknown): unknown;
}
export declare class Flight<V> implements Errand {
    #private;
    static sample: Flight<never>;
    readonly key: unknown;
    pinned: boolean;
    begun: boolean;
    closed: boolean;
    abandoned: boolean;
    line: WaitQueue<V> | undefined;
    constructor(key: unknown, fn: (flight: never) => V | PromiseLike<V>, owner: FlightOwner, keepAlive: boolean);
    get scope(): LoadScope;
    get name(): string;
    get over(): boolean;
    get awaited(): boolean;
    join(place: ScopeNode | undefined, signal: AbortSignal | undefined): Promise<V>;
    joined(): Promise<V> | undefined;
    lead(place: ScopeNode | undefined, signal: AbortSignal | undefined): Promise<V>;
    begin(): void;
}
