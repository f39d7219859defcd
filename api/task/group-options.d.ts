import type { CancelScopeOptions } from "../cancel/scope.ts";
import type { Throws } from "./failures.ts";
export interface TaskGroupOptions {
    name?: string | undefined;
    signal?: AbortSignal | undefined;
    timeoutMs?: number | undefined;
    concurrency?: number | undefined;
    throws?: Throws | undefined;
}
export interface SpawnOptions {
    name?: string | undefined;
    daemon?: boolean | undefined;
}
export declare function readOptions(options: TaskGroupOptions | undefined): {
    concurrency: number;
    throws: Throws;
    scope: CancelScopeOptions;
};
