import type { DestroyReason } from "./pool-event.ts";

/** What a pool has counted since it was made. */
export interface PoolCounts {
  /** How many leases were given out. */
  acquired: number;
  /** How many of them had to be waited for. */
  waited: number;
  /** How many waits were over before there was a resource. */
  timeouts: number;
  created: number;
  createFailures: number;
  resetFailures: number;
  destroyFailures: number;
  /** How many leases were reported, as held for too long or as lost. */
  leaks: number;
  /** How many resources were destroyed, by the reason why. */
  readonly destroyed: Record<DestroyReason, number>;
}

export function newCounts(): PoolCounts {
  return {
    acquired: 0,
    waited: 0,
    timeouts: 0,
    created: 0,
    createFailures: 0,
    resetFailures: 0,
    destroyFailures: 0,
    leaks: 0,
    destroyed: {
      idle: 0,
      lifetime: 0,
      uses: 0,
      invalid: 0,
      reset: 0,
      expired: 0,
      broken: 0,
      discarded: 0,
      lost: 0,
      evicted: 0,
      late: 0,
      closed: 0,
    },
  };
}

/** The figures of a pool; those of `PoolCounts` are since it was made. */
export interface PoolStats extends Readonly<Omit<PoolCounts, "destroyed">> {
  /** How many resources there are, those included that are being made or ended. */
  readonly size: number;
  /** How many nobody uses. */
  readonly idle: number;
  /** How many are leased, being reset, or being validated. */
  readonly busy: number;
  readonly creating: number;
  /** How many are being destroyed, and how many creations were cancelled and have not ended. */
  readonly destroying: number;
  /** How many calls wait in line. */
  readonly waiting: number;
  /** How many there may be. */
  readonly max: number;
  /** How many resources were destroyed, by the reason why. */
  readonly destroyed: Readonly<Record<DestroyReason, number>>;
}

/** The figures of a pool that has resources of many keys. */
export interface KeyedPoolStats extends PoolStats {
  /** How many keys have resources, or calls that wait for one. */
  readonly keys: number;
}
