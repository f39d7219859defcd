/** Why a resource was destroyed. */
export type DestroyReason =
  /** Nobody had used it for `maxIdleMs`. */
  | "idle"
  /** Its `maxLifetimeMs` was over. */
  | "lifetime"
  /** It had been leased `maxUses` times. */
  | "uses"
  /** `validate` had said no, or failed. */
  | "invalid"
  /** `reset` had failed, or taken too long. */
  | "reset"
  /** It was there when `expire()` was called. */
  | "expired"
  /** `isBroken` had said so. */
  | "broken"
  /** By `destroy()` of its lease. */
  | "discarded"
  /** Its lease was collected and never released. */
  | "lost"
  /** Another key needed its place. */
  | "evicted"
  /** `create` had given it after its time. */
  | "late"
  /** The pool was closed. */
  | "closed";

/** What happened in a pool. */
export interface PoolEvent<T, K> {
  readonly kind:
    | "create"
    | "createFailure"
    | "acquire"
    | "release"
    | "timeout"
    | "resetFailure"
    | "leak"
    | "destroy";
  readonly key: K;
  /** The resource; there is none for `"createFailure"` and `"timeout"`. */
  readonly value?: T;
  /** What `create`, `validate` or `reset` has failed with, or what was given to `Lease.destroy()`. */
  readonly error?: unknown;
  /** For `"destroy"`, which is told when it begins. */
  readonly reason?: DestroyReason;
}
