import { runtime } from "../internal/runtime.ts";
import { now } from "../cancel/clock.ts";
import type { ScopeNode } from "../cancel/tree.ts";
import { enter, grant, isWaiting, Wait, WaitQueue, withdraw } from "../cancel/wait.ts";
import { LineTimer } from "./line-timer.ts";
import type { Meter, Rate } from "./rate-meter.ts";

/** What waits in line: its number alone, or a function that is to begin with its turn. */
export type Turn = number | Beginning;

/** A function that is to begin when it is let in. */
export interface Beginning {
  readonly weight: number;
  /** When it was. */
  at: number;
}

/** Let in at a time to come: whoever has it will not ask again. */
export interface Promised {
  readonly n: number;
  readonly at: number;
  /** Its place among the waits. */
  readonly order: number;
}

/** How many somebody in line wants. */
export function numberOf(wait: Wait): number {
  const turn = wait.payload as Turn;
  return typeof turn === "number" ? turn : turn.weight;
}

/**
 * Those who have come and are not in yet, in the order in which they came: waits, which are let in as
 * soon as there is room, and promises, which are let in when it was said. Nobody goes before who came
 * earlier, so that a wait behind a promise is due after it.
 */
export class RateLine {
  readonly rate: Rate;
  readonly waits: WaitQueue;
  /** How many were let in to begin, and have not begun. */
  starting = 0;
  /** When somebody was let in last. */
  letInAt = 0;
  readonly #meterOf: (rate: Rate) => Meter;
  /** What has been let in by now. */
  #meter: Meter;
  /** What will have been let in when all in line are: as it looks now, if anybody has asked. */
  #tail: Meter | undefined = undefined;
  readonly #promised: Promised[] = [];
  /** Nobody is let in before. */
  #floor = 0;
  readonly #timer = new LineTimer(() => this.letIn());
  /** The wait that the timer is set for. */
  #head: Wait | undefined = undefined;
  #clock: object | undefined = runtime.clock;
  #lettingIn = false;

  constructor(rate: Rate, meterOf: (rate: Rate) => Meter, target: object) {
    this.rate = rate;
    this.#meterOf = meterOf;
    this.#meter = meterOf(rate);
    this.waits = new WaitQueue("rate limiter", target, (wait) => {
      this.#tail = undefined;
      if (wait === this.#head) this.letIn();
    });
  }

  get #empty(): boolean {
    return this.waits.length === 0 && this.#promised.length === 0;
  }

  /** The time, after what was promised up to now has been counted. */
  #now(): number {
    if (this.#clock !== runtime.clock) this.#forget();
    const time = now();
    const promised = this.#promised;
    while (promised.length > 0 && promised[0]!.at <= time) {
      const { n, at } = promised.shift()!;
      this.#meter.take(n, at);
      if (this.#empty) this.#tail = undefined;
    }
    return time;
  }

  /** The times of another clock, a test's, say nothing about this one's. */
  #forget(): void {
    this.#clock = runtime.clock;
    this.#meter = this.#meterOf(this.rate);
    this.#tail = undefined;
    this.#promised.length = 0;
    this.#floor = 0;
    this.letIn();
  }

  /** Lets in a newcomer if there is room, and nobody has come before. */
  enter(n: number): boolean {
    const time = this.#now();
    if (!this.#empty || this.#meter.at(n, Math.max(time, this.#floor)) > time) return false;
    this.#take(n, time);
    return true;
  }

  #take(n: number, time: number): void {
    this.#meter.take(n, time);
    this.letInAt = time;
  }

  /** When a newcomer would be let in, as it looks now. */
  turnOf(n: number): number {
    const time = Math.max(this.#now(), this.#floor);
    return (this.#empty ? this.#meter : (this.#tail ??= this.#all(time))).at(n, time);
  }

  /** What will have been let in when all in line are. */
  #all(from: number): Meter {
    const all = this.#meter.copy();
    const promised = [...this.#promised];
    for (let wait = this.waits.first; wait !== undefined || promised.length > 0;) {
      const next = promised[0];
      const at = wait === undefined ? Infinity : all.at(numberOf(wait), from);
      if (next !== undefined && (next.at <= at || next.order < wait!.order)) {
        promised.shift();
        all.take(next.n, next.at);
      } else {
        all.take(numberOf(wait!), at);
        wait = wait!.next;
      }
    }
    return all;
  }

  /** Joins the line. */
  wait(
    place: ScopeNode | undefined,
    signal: AbortSignal | undefined,
    turn: Turn,
  ): Wait<Wait | undefined> {
    const wait = new Wait(this.waits, turn);
    this.join(wait, place, signal);
    return wait as Wait<Wait | undefined>;
  }

  /** Joins the line with a wait that was made for it. */
  join(wait: Wait, place?: ScopeNode, signal?: AbortSignal): void {
    enter(wait, place, signal);
    const n = numberOf(wait);
    this.#tail?.take(n, this.#tail.at(n, Math.max(now(), this.#floor)));
    // One that was let in may join again in that step: it is looked at when all before it were.
    if (!this.#lettingIn) this.letIn();
  }

  /** Leaves the line. */
  leave(wait: Wait): void {
    withdraw(wait);
    wait.leave();
  }

  /** Lets in a newcomer now, or promises to at a time to come. */
  promise(n: number): Promised {
    this.letIn();
    const at = this.turnOf(n);
    const promised = { n, at, order: ++runtime.ops };
    if (at <= now()) this.#meter.take(n, at);
    else if (at < Infinity) {
      this.#promised.push(promised);
      this.#tail?.take(n, at);
    }
    return promised;
  }

  /** Takes a promise back. Those behind move up; what was promised to them stays. */
  revoke(promised: Promised): void {
    const at = this.#promised.lastIndexOf(promised);
    if (at < 0 || promised.at < now()) return;
    this.#promised.splice(at, 1);
    this.#change();
  }

  /** What was let in has not begun, and will not. */
  giveBack({ weight, at }: Beginning): void {
    this.#meter.giveBack(weight, at);
    this.#change();
  }

  pauseUntil(time: number): void {
    this.#now();
    if (time <= this.#floor) return;
    this.#floor = time;
    this.#change();
  }

  /** How long nobody is let in. */
  get pausedMs(): number {
    return Math.max(0, this.#floor - this.#now());
  }

  /** How many would be let in at once. */
  get room(): number {
    const time = this.#now();
    return this.#empty && this.#floor <= time ? this.#meter.room(time) : 0;
  }

  configure(rate: Rate): void {
    this.#meter.settle(this.#now(), rate.perMs);
    Object.assign(this.rate, rate);
    this.#change();
  }

  #change(): void {
    this.#tail = undefined;
    this.letIn();
  }

  /** Lets in who is due, and sets the timer for the next. */
  letIn(): void {
    const time = this.#now();
    const { waits } = this;
    for (let wait = waits.first; wait !== undefined; wait = waits.first) {
      // If not, it has just left.
      if (!isWaiting(wait)) continue;
      const n = numberOf(wait);
      const before = this.#promised[0];
      const due =
        before !== undefined && before.order < wait.order
          ? before.at
          : this.#meter.at(n, Math.max(time, this.#floor));
      this.#head = wait;
      if (due > time) {
        this.#timer.set(waits, due);
        return;
      }
      // It could have been let in before, and those behind it, too.
      if (this.#tail !== undefined && this.#meter.at(n, this.#floor) < time) this.#tail = undefined;
      this.#take(n, time);
      const turn = wait.payload as Turn;
      const begins = typeof turn !== "number";
      if (begins) {
        turn.at = time;
        this.starting++;
      }
      this.#lettingIn = true;
      grant(wait, begins ? wait : undefined);
      this.#lettingIn = false;
    }
    this.#head = undefined;
    this.#timer.clear();
    if (this.#empty) this.#tail = undefined;
  }
}
