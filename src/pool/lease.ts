import { ClosedError } from "../cancel/errors.ts";
import { UNWATCHED } from "../sync/permit.ts";
import { leases } from "./lost-leases.ts";
import type { DestroyReason } from "./pool-event.ts";
import type { Resource } from "./resource.ts";

/** What a release gives that has nothing to wait for. */
const done: Promise<void> = /* @__PURE__ */ Promise.resolve();

/**
 * A resource of a pool, for as long as it is held: `release()` it, or let `await using` do so. It counts
 * once: releasing it again does nothing, and `value` is gone from the first time on.
 *
 * A lease that is collected without having been released is reported, and its resource destroyed.
 */
export class Lease<T> implements AsyncDisposable {
  /** @internal */
  slot: number = UNWATCHED;
  /** @internal */
  readonly resource: Resource<unknown, T>;
  readonly #turn: number;
  #end: Promise<void> | undefined = undefined;

  /** @internal */
  constructor(resource: Resource<unknown, T>) {
    this.resource = resource;
    this.#turn = resource.turn;
    leases.watch(this);
  }

  /**
   * The resource.
   *
   * @throws {ClosedError} If the lease was released, or its pool closed without waiting for that.
   */
  get value(): T {
    if (this.released) {
      const why = this.#end === undefined ? "the pool was closed" : "it was released";
      throw new ClosedError(`Cannot use a lease of ${this.resource.shelf.store.label}: ${why}`);
    }
    return this.resource.value;
  }

  /** Whether it is over. */
  get released(): boolean {
    return this.#end !== undefined || this.resource.turn !== this.#turn;
  }

  /**
   * Gives the resource back, to be reset and handed to the first in line. This is no cancel point, and takes
   * no longer than `resetTimeoutMs`. It never rejects: a reset that fails is reported, and the resource
   * destroyed.
   *
   * @returns When the reset has ended.
   */
  release(): Promise<void> {
    if (this.#end !== undefined) return this.#end;
    if (!this.#take()) return (this.#end = done);
    return (this.#end = this.resource.shelf.release(this.resource) ?? done);
  }

  /**
   * Destroys the resource in place of giving it back: when it is broken, or in a state that no reset would
   * mend. It never rejects: a failure of `destroy` is reported.
   *
   * @param reason Told as the `error` of the event.
   * @returns When the resource was destroyed.
   */
  destroy(reason?: unknown): Promise<void> {
    return this.end("discarded", reason);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.release();
  }

  toString(): string {
    return `Lease { of: ${this.resource.shelf.store.label}, released: ${this.released} }`;
  }

  /** @internal For `console.log`. */
  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return this.toString();
  }

  /** @internal Gives it back within the same step if it can; what to wait for, if it cannot. */
  giveBack(): Promise<void> | undefined {
    const end = this.release();
    return end === done ? undefined : end;
  }

  /** @internal Destroys what it is of. */
  end(reason: DestroyReason, error: unknown): Promise<void> {
    if (this.#end !== undefined) return this.#end;
    if (!this.#take()) return (this.#end = done);
    return (this.#end = this.resource.shelf.discardLeased(this.resource, reason, error));
  }

  /** @internal Gives back what nobody has seen: it needs no reset. */
  putBack(): void {
    if (this.#end !== undefined || !this.#take()) return;
    this.#end = done;
    this.resource.shelf.putBack(this.resource);
  }

  /** @internal What it is of, for who looks for lost ones. */
  get source(): object {
    return this.resource;
  }

  /** Whether it was still held. */
  #take(): boolean {
    leases.unwatch(this);
    return this.resource.turn === this.#turn;
  }
}
