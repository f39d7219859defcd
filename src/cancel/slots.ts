import type { ScopeNode } from "./tree.ts";
import { grant, park, type Wait, WaitQueue } from "./wait.ts";

/** What waits in line: its weight alone, or what is to begin, or both. */
type Payload = number | (() => unknown) | { readonly weight?: number };

/** How many places somebody in line wants. */
export function weightOf(wait: Wait): number {
  const payload = wait.payload as Payload;
  if (typeof payload === "number") return payload;
  return typeof payload === "function" ? 1 : (payload.weight ?? 1);
}

/** The line for places, from which a proof finds them. */
export class SlotLine extends WaitQueue {
  readonly slots: Slots;

  constructor(slots: Slots, kind: string, target: unknown) {
    super(kind, target, SlotLine.#left);
    this.slots = slots;
  }

  static #left(this: void, wait: Wait): void {
    (wait.line as SlotLine).slots.left(wait);
  }
}

/**
 * A number of places that callers hold. Whoever finds too few waits in line; what is given back is
 * handed to the first of the line in the same step, so no newcomer overtakes, and a light one no heavy
 * one. Nor does a newcomer overtake somebody who was handed a place to begin with and has yet to begin:
 * the order of starts is that of the calls.
 */
export class Slots {
  readonly line: SlotLine;
  held = 0;
  #total: number;
  // Handed over, and not begun: their promises still have to be told.
  #starting = 0;

  constructor(total: number, kind: string, target: unknown) {
    this.#total = total;
    this.line = new SlotLine(this, kind, target);
  }

  get total(): number {
    return this.#total;
  }

  /** More places are handed out at once; fewer come into force as holders leave. */
  set total(value: number) {
    this.#total = value;
    this.handOver();
  }

  /** Takes places if that overtakes nobody. */
  enter(weight = 1): boolean {
    if (this.held + weight > this.#total || this.#starting > 0 || this.line.length > 0) {
      return false;
    }
    this.held += weight;
    return true;
  }

  /** Waits for places. Granted with what `admit()` gives; if nothing, with the wait, and `begin()` is due. */
  queue(
    place: ScopeNode | undefined,
    signal: AbortSignal | undefined,
    payload: unknown,
  ): Wait<Wait> {
    const wait = park(this.line, place, signal, payload);
    this.handOver();
    return wait as Wait<Wait>;
  }

  /** Who was granted a place goes ahead, or gives it back with `leave()`. */
  begin(): void {
    this.#starting--;
  }

  leave(weight = 1): void {
    this.held -= weight;
    this.handOver();
  }

  /** A cancelled wait has left the line: those behind a heavy one may fit. */
  left(_wait: Wait): void {
    this.handOver();
  }

  /** Who is served next: whoever came first, where no subclass says otherwise. */
  next(): Wait | undefined {
    return this.line.first;
  }

  /** Hands what is free to the next in line. */
  handOver(): void {
    for (let wait = this.next(); wait !== undefined; wait = this.next()) {
      const weight = weightOf(wait);
      if (this.held + weight > this.#total) return;
      this.held += weight;
      const permit = this.admit(wait);
      if (permit === undefined) this.#starting++;
      if (grant(wait, permit ?? wait)) continue;
      this.held -= weight;
      if (permit === undefined) this.#starting--;
      else this.revoke(permit);
    }
    if (this.held === 0) this.idle();
  }

  /** What somebody gets who waits for places to hold; `undefined` for one who waits to begin. */
  admit(_wait: Wait): object | undefined {
    return undefined;
  }

  /** Called when the one who was to get a permit did not take it. */
  revoke(_permit: object): void {}

  /** Called when no place is held and nobody waits. */
  idle(): void {}
}
