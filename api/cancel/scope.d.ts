import { ScopeNode } from "./tree.ts";
export interface CancelScopeOptions {
    timeoutMs?: number;
    deadline?: number;
    shield?: boolean;
    signal?: AbortSignal;
    name?: string;
}
export declare class CancelScope extends ScopeNode {
    readonly name: string | undefined;
    constructor(options?: CancelScopeOptions);
    static get current(): CancelScope | undefined;
    run<T>(fn: (scope: CancelScope) => T | PromiseLike<T>): Promise<T>;
    cancel(reason?: unknown): void;
    get signal(): AbortSignal;
    get cancelled(): boolean;
    get expired(): boolean;
    get reason(): unknown;
    get deadline(): number;
    set deadline(value: number);
    get effectiveDeadline(): number;
    throwIfCancelled(): void;
}
