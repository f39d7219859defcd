import type { CancelScope } from "../cancel/scope.ts";
import type { WaitOptions } from "../cancel/sleep.ts";
export interface SingleFlightOptions {
    keepAlive?: boolean | undefined;
}
export interface SingleFlightStats {
    readonly loads: number;
    readonly calls: number;
    readonly begun: number;
}
export declare class SingleFlight<K, V> {
    #private;
    constructor(options?: SingleFlightOptions);
    run(key: K, load: (scope: CancelScope) => V | PromiseLike<V>, options?: WaitOptions): Promise<V>;
    has(key: K): boolean;
    forget(key: K): boolean;
    stats(): SingleFlightStats;
}
