export type DestroyReason = "idle" | "lifetime" | "uses" | "invalid" | "reset" | "expired" | "broken" | "discarded" | "lost" | "evicted" | "late" | "closed";
export interface PoolEvent<T, K> {
    readonly kind: "create" | "createFailure" | "acquire" | "release" | "timeout" | "resetFailure" | "leak" | "destroy";
    readonly key: K;
    readonly value?: T;
    readonly error?: unknown;
    readonly reason?: DestroyReason;
}
