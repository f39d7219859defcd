import { ScopeNode } from "./tree.ts";
export interface CancelScopeOptions {
    timeoutMs?: number | undefined;
    deadline?: number | undefined;
    shield?: boolean | undefined;
    signal?: AbortSignal | undefined;
    name?: string | undefined;
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
    toString(): string;
    throwIfCancelled(): void;
}
