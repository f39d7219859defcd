import type { Overflow } from "corral";
import type { From } from "./callers.ts";
import { NaiveLine, type Waiter } from "./naive-line.ts";

interface Party extends Waiter {
  readonly wants: "send" | "reserve" | "receive" | "next";
  /** Which end it is at. */
  readonly end: number;
  readonly item: number;
}

/** The ends of one kind: which of them are open. */
type Ends = Set<number>;

/** The reference for a channel: a list of items, and one of all who wait. */
export class NaiveChannel extends NaiveLine<Party> {
  readonly capacity: number;
  readonly overflow: Overflow;
  items: number[] = [];
  reserved = 0;
  readonly undelivered: number[] = [];
  readonly senders: Ends = new Set([0]);
  readonly receivers: Ends = new Set([0]);
  #failed = false;

  constructor(capacity: number, overflow: Overflow) {
    super();
    this.capacity = capacity;
    this.overflow = overflow;
  }

  get givers(): Party[] {
    return this.line.filter(({ wants }) => wants === "send" || wants === "reserve");
  }

  get takers(): Party[] {
    return this.line.filter(({ wants }) => wants === "receive" || wants === "next");
  }

  /** Each one who waits to receive is room for one item more. */
  get hasRoom(): boolean {
    return this.items.length + this.reserved < this.capacity + this.takers.length;
  }

  #serve(party: Party, outcome = "served"): void {
    this.line = this.line.filter((it) => it !== party);
    this.outcomes[party.id] = outcome;
    // An iterator tells its caller a moment later.
    if (party.wants !== "next") this.order.push(party.id);
  }

  /** An item goes to the first who waits, or into the channel. */
  #deliver(item: number): void {
    const [taker] = this.takers;
    if (taker === undefined) this.items.push(item);
    else this.#serve(taker, String(item));
  }

  #refill(): void {
    for (let [giver] = this.givers; giver !== undefined && this.hasRoom; [giver] = this.givers) {
      this.#serve(giver);
      if (giver.wants === "reserve") this.reserved++;
      else this.#deliver(giver.item);
    }
    this.#replace();
  }

  #isShut(end: number): boolean {
    return !this.senders.has(end) || this.receivers.size === 0;
  }

  #accept(item: number): boolean {
    if (this.hasRoom) {
      this.#deliver(item);
    } else if (this.overflow === "dropNewest") {
      this.undelivered.push(item);
    } else if (this.overflow === "wait" || this.items.length === 0) {
      return false;
    } else {
      this.undelivered.push(this.items.shift()!);
      this.items.push(item);
    }
    return true;
  }

  send(item: number, end: number, from: From): void {
    const id = this.count++;
    const no = this.refusal(from) ?? (this.#isShut(end) ? "ClosedError" : undefined);
    if (no !== undefined) {
      this.undelivered.push(item);
      this.outcomes[id] = no;
    } else if (this.#accept(item)) {
      this.outcomes[id] = "served";
    } else {
      this.line.push({ id, from, wants: "send", end, item });
    }
  }

  trySend(item: number, end: number): string {
    if (this.#isShut(end)) return "ClosedError";
    if (this.overflow === "dropNewest" && !this.hasRoom) return "no";
    return this.#accept(item) ? "yes" : "no";
  }

  reserve(end: number, from: From): void {
    const id = this.count++;
    const no = this.refusal(from) ?? this.tryReserve(end);
    if (no === "no") this.line.push({ id, from, wants: "reserve", end, item: -1 });
    else this.outcomes[id] = no === "yes" ? "served" : no;
  }

  tryReserve(end: number): string {
    if (this.#isShut(end)) return "ClosedError";
    if (!this.hasRoom) return "no";
    this.reserved++;
    return "yes";
  }

  /** A place that was reserved is used. */
  fill(item: number): string {
    this.reserved--;
    if (this.receivers.size === 0) {
      this.undelivered.push(item);
      this.#tellEnd();
      return "ClosedError";
    }
    this.#deliver(item);
    this.#tellEnd();
    this.#replace();
    return "yes";
  }

  /** Those who waited for something to drop drop it. */
  #replace(): void {
    if (this.overflow === "wait" || this.overflow === "dropNewest") return;
    for (const giver of this.givers.filter(({ wants }) => wants === "send")) {
      if (this.items.length === 0) return;
      this.#serve(giver);
      this.undelivered.push(this.items.shift()!);
      this.items.push(giver.item);
    }
  }

  /** A place that was reserved is given back. */
  release(): void {
    this.reserved--;
    this.#refill();
    this.#tellEnd();
  }

  /** What receivers are told when nothing comes any more. */
  get #end(): "ClosedError" | "Failure" | undefined {
    if (this.senders.size > 0 || this.items.length > 0 || this.reserved > 0) return undefined;
    return this.#failed ? "Failure" : "ClosedError";
  }

  receive(wants: "receive" | "next", end: number, from: From): void {
    const id = this.count++;
    const isOpen = this.receivers.has(end);
    const isOver = wants === "next" && this.#end === "ClosedError";
    const no = isOpen ? (isOver ? "end" : this.refusal(from)) : "ClosedError";
    const done = no ?? this.tryReceive(end);
    if (done === "no") {
      this.line.push({ id, from, wants, end, item: -1 });
      this.#refill();
    } else {
      this.outcomes[id] = done;
    }
  }

  tryReceive(end: number): string {
    if (!this.receivers.has(end)) return "ClosedError";
    const [item] = this.items;
    if (item !== undefined) {
      this.items.shift();
      this.#refill();
      return String(item);
    }
    const [giver] = this.givers;
    // What is offered is for those who wait already.
    if (giver?.wants !== "send" || this.takers.length > 0) return this.#end ?? "no";
    this.#serve(giver);
    return String(giver.item);
  }

  #tellEnd(): void {
    const end = this.#end;
    if (end === undefined) return;
    this.drop(end, ({ wants }) => wants === "receive");
    this.drop(end === "Failure" ? end : "end", ({ wants }) => wants === "next");
  }

  override drop(why: string, who: (party: Party) => boolean): void {
    const left = this.line.filter((party) => party.wants === "send" && who(party));
    super.drop(why, who);
    for (const { item } of left) this.undelivered.push(item);
    // One behind those who have left may find something to drop.
    this.#replace();
  }

  closeSender(end: number, failure: boolean): void {
    if (!this.senders.delete(end)) return;
    this.#failed ||= failure;
    const givers = this.givers;
    this.drop("ClosedError", (party) => party.end === end && givers.includes(party));
    this.#tellEnd();
  }

  closeReceiver(end: number): void {
    if (!this.receivers.delete(end)) return;
    this.drop("ClosedError", (party) => party.end === end && party.wants === "receive");
    this.drop("end", (party) => party.end === end && party.wants === "next");
    if (this.receivers.size > 0) return;
    const givers = this.givers;
    this.drop("ClosedError", (party) => givers.includes(party));
    this.undelivered.push(...this.items.splice(0));
  }
}
