import { setTimer } from "../cancel/clock.ts";
import { ClosedError } from "../cancel/errors.ts";
import type { ScopeNode } from "../cancel/tree.ts";
import { fail, isWaiting, park, type Wait, WaitQueue } from "../cancel/wait.ts";
import type { Ask } from "./ask.ts";
import type { Lease } from "./lease.ts";
import { PoolTimeoutError } from "./pool-timeout-error.ts";
import type { Shelf } from "./shelf.ts";

/** The line for the resources of one key, from which a proof of a deadlock finds them. */
export class ShelfLine<K, T> extends WaitQueue {
  readonly slots: Shelf<K, T>;

  constructor(slots: Shelf<K, T>, target: unknown) {
    super("pool", target, (wait) => slots.left(wait));
    this.slots = slots;
  }

  /** Waits for a resource. */
  enter(place: ScopeNode | undefined, signal: AbortSignal | undefined, ask: Ask): Wait<Lease<T>> {
    const wait = park(this, place, signal, ask);
    this.slots.store.settle(this.slots);
    if (!wait.pending) return wait as Wait<Lease<T>>;
    if (ask.timed) {
      const kind = wait.owner?.daemon === true ? "daemon" : "live";
      ask.timer = setTimer(ask.timeoutMs, (late) => this.#timedOut(late), wait, kind);
    }
    return wait as Wait<Lease<T>>;
  }

  /** The first in line who can still take something, with what that one asks for. */
  next(): { readonly wait: Wait; readonly ask: Ask } | undefined {
    for (let wait = this.first; wait !== undefined; wait = this.first) {
      // One whose signal has aborted leaves the line by this.
      if (!isWaiting(wait)) continue;
      const ask = wait.payload as Ask;
      ask.timer?.cancel();
      return { wait, ask };
    }
    return undefined;
  }

  /** Rejects the first in line. */
  refuse(error: unknown): boolean {
    const next = this.next();
    return next !== undefined && fail(next.wait, error);
  }

  /** Rejects all. */
  dismiss(message: string): void {
    while (this.refuse(new ClosedError(message)));
  }

  #timedOut(wait: Wait): void {
    if (!isWaiting(wait)) return;
    const { store, key, max, busy, creations } = this.slots;
    const { timeoutMs } = wait.payload as Ask;
    const shortage = { max, busy, waiting: this.length - 1 };
    store.counts.timeouts++;
    store.tell({ kind: "timeout", key });
    fail(wait, new PoolTimeoutError(timeoutMs, store.settings.name, shortage, creations.error));
    store.settle(this.slots);
  }
}
