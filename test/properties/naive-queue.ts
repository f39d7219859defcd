import type { Cut, From } from "./callers.ts";
import { NaiveLine, type Waiter } from "./naive-line.ts";

export interface Item {
  readonly id: number;
  readonly rank: number;
}

export type Order = "fifo" | "lifo" | "rank";

interface QueueWaiter extends Waiter {
  readonly wants: "put" | "get" | "next" | "join";
  readonly item?: Item;
}

/** The reference for a queue: a list of items, searched for the next one, and a list of those who wait. */
export class NaiveQueue extends NaiveLine<QueueWaiter> {
  readonly capacity: number;
  readonly by: Order;
  items: Item[] = [];
  unfinished = 0;
  /** What puts reject with from now on. */
  shut: "ClosedError" | "Aborted" | undefined;

  constructor(capacity: number, by: Order) {
    super();
    this.capacity = capacity;
    this.by = by;
  }

  waiting(...wants: QueueWaiter["wants"][]): QueueWaiter[] {
    return this.line.filter((waiter) => wants.includes(waiter.wants));
  }

  #serve(waiter: QueueWaiter, outcome: string): void {
    this.line = this.line.filter((it) => it !== waiter);
    this.outcomes[waiter.id] = outcome;
    // An iterator tells its caller a moment later.
    if (waiter.wants !== "next") this.order.push(waiter.id);
  }

  put(item: Item, from: From): void {
    const id = this.count++;
    const no = this.refusal(from);
    const done = no ?? this.tryPut(item);
    if (done === "no") this.line.push({ id, from, wants: "put", item });
    else this.outcomes[id] = done === "yes" ? "served" : done;
  }

  tryPut(item: Item): string {
    if (this.shut !== undefined) return this.shut;
    const [getter] = this.waiting("get", "next");
    if (getter !== undefined) this.#serve(getter, String(item.id));
    else if (this.items.length < this.capacity) this.items.push(item);
    else return "no";
    this.unfinished++;
    return "yes";
  }

  get(wants: "get" | "next", from: From): void {
    const id = this.count++;
    const isOver = this.shut === "ClosedError" && this.items.length === 0;
    const no = wants === "next" && isOver ? "end" : this.refusal(from);
    const done = no ?? this.tryGet();
    if (done === "no") this.line.push({ id, from, wants });
    else this.outcomes[id] = done;
  }

  tryGet(): string {
    if (this.items.length === 0) return this.shut ?? "no";
    const next = this.#next();
    this.items = this.items.filter((it) => it !== next);
    const [putter] = this.waiting("put");
    if (putter !== undefined) {
      this.items.push(putter.item!);
      this.unfinished++;
      this.#serve(putter, "served");
    }
    return String(next.id);
  }

  #next(): Item {
    if (this.by === "lifo") return this.items.at(-1)!;
    const least = Math.min(...this.items.map(({ rank }) => rank));
    return this.items.find(({ rank }) => this.by === "fifo" || rank === least)!;
  }

  taskDone(): string {
    if (this.unfinished === 0) return "RangeError";
    this.#finish(1);
    return "yes";
  }

  #finish(n: number): void {
    this.unfinished = Math.max(0, this.unfinished - n);
    if (this.unfinished > 0) return;
    for (const waiter of this.waiting("join")) this.#serve(waiter, "served");
  }

  join(from: From): void {
    const id = this.count++;
    const no = this.refusal(from) ?? (this.unfinished === 0 ? "served" : undefined);
    if (no === undefined) this.line.push({ id, from, wants: "join" });
    else this.outcomes[id] = no;
  }

  close(): void {
    this.shut ??= "ClosedError";
    this.#tell();
  }

  abort(): void {
    if (this.shut === "Aborted") return;
    this.shut = "Aborted";
    const { length } = this.items;
    this.items = [];
    this.#tell();
    if (length > 0) this.#finish(length);
  }

  #tell(): void {
    const why = this.shut!;
    this.drop(why, ({ wants }) => wants === "put");
    if (this.items.length > 0) return;
    this.drop(why, ({ wants }) => wants === "get");
    this.drop(why === "ClosedError" ? "end" : why, ({ wants }) => wants === "next");
  }

  /** Somebody puts in the moment in which others are cancelled. */
  interrupt(by: Cut, item: Item): void {
    if (this.cancel(by) && "early" in by && by.early) this.tryPut(item);
  }
}
