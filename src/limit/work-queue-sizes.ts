import { passed } from "../internal/budget.ts";
import type { ScopeNode } from "../cancel/tree.ts";
import { grant, park, type Wait, WaitQueue } from "../cancel/wait.ts";
import { type Ranked, RankHeap } from "./work-queue-heap.ts";

interface Below extends Ranked {
  readonly wait: Wait<void>;
}

/**
 * Those who wait until there are fewer than so many. They are told one after the other, and each has gone
 * on before the next is: of many who wait to add something, only so many go on as there is room for.
 */
export class SizeLine {
  readonly #line: WaitQueue<void>;
  readonly #size: () => number;
  /** Whoever is content with the most comes first. */
  readonly #heap = new RankHeap<Below>();
  #telling = false;

  constructor(target: object, size: () => number) {
    this.#size = size;
    this.#line = new WaitQueue<void>("work queue size", target, (wait) =>
      this.#heap.remove(wait.payload as Below),
    );
  }

  /** Waits until there are fewer than `n`, and all have gone on who were told before. */
  wait(n: number, place: ScopeNode | undefined, signal: AbortSignal | undefined): Promise<void> {
    if (this.#size() < n && !this.#telling) {
      const told = passed();
      this.#hold(told);
      return told;
    }
    const wait = park(this.#line, place, signal);
    const below = { key: -n, order: wait.order, index: -1, wait };
    wait.payload = below;
    this.#heap.push(below);
    return wait.promise;
  }

  /** There may be fewer now. */
  tell(): void {
    if (this.#telling) return;
    for (let next = this.#heap.first; next !== undefined; next = this.#heap.first) {
      if (this.#size() >= -next.key) return;
      this.#heap.remove(next);
      if (!grant(next.wait, undefined)) continue;
      this.#hold(next.wait.promise);
      return;
    }
  }

  /** Tells the next when whoever awaits this has gone on. */
  #hold(told: Promise<void>): void {
    this.#telling = true;
    void told.then(() =>
      queueMicrotask(() => {
        this.#telling = false;
        this.tell();
      }),
    );
  }
}
