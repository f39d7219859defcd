import type { CancelScope } from "../cancel/scope.ts";
import type { Job } from "./pool-job.ts";
import type { Shelf } from "./shelf.ts";

/**
 * Where a resource is: nobody uses it, somebody has a lease of it, it is being validated or reset, or it is
 * being destroyed.
 */
export type ResourceState = "idle" | "leased" | "tended" | "gone";

/** One resource of a pool, and what is known of its use. It knows no lease: that may be collected. */
export class Resource<K, T> {
  readonly shelf: Shelf<K, T>;
  readonly value: T;
  /** Which `expire()` of the pool it was made after. */
  readonly generation: number;
  /** When its lifetime is over, on the clock of `now()`. */
  readonly expiresAt: number;
  state: ResourceState = "tended";
  /** How often it was leased. */
  uses = 0;
  /** Counts up with each lease: an earlier one is over. */
  turn = 0;
  /** Since when it is idle, or leased, where the pool wants to know. */
  since = 0;
  /** Its neighbours among the idle ones. */
  previous: Resource<K, T> | undefined = undefined;
  next: Resource<K, T> | undefined = undefined;
  /** What is being done to it. */
  job: Job | undefined = undefined;
  // Who has it.
  /** The scope of the function that runs with it. */
  scope: CancelScope | undefined = undefined;
  name: string | undefined = undefined;
  site: Error | undefined = undefined;
  warned = false;

  constructor(shelf: Shelf<K, T>, value: T, generation: number, expiresAt: number) {
    this.shelf = shelf;
    this.value = value;
    this.generation = generation;
    this.expiresAt = expiresAt;
  }
}
