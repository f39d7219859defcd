/** What the loads of a run do, one after the other. */
export interface Plan {
  /** How long it takes; 0 for one that gives its value at once. */
  readonly ms: number;
  readonly ends: "value" | "nothing" | "failure" | "bad";
  /** Whether it goes on when it is cancelled. */
  readonly deaf: boolean;
  readonly size: number;
  readonly tag: string | undefined;
  /** What the load says about its value, in place of the options. */
  readonly keeping: {
    readonly ttlMs?: number | undefined;
    readonly size?: number | undefined;
    readonly tags?: readonly string[] | undefined;
  };
}

/** When the load of this number is over: never at the time of a deadline, or of another load. */
export function endOf(plan: Plan, load: number): number {
  return plan.ms === 0 ? 0 : plan.ms + (load + 1) / 1024;
}

/** When a caller's deadline is. */
export function patience(ms: number): number {
  return ms + 1 / 2048;
}

/** Somebody who waits. */
export interface NaiveWaiter {
  readonly id: number;
  readonly until: number;
  /** Whether it is for a lease. */
  readonly leases: boolean;
}

/** What a load has ended with. */
export type Ending = "value" | "failure" | "cancelled";

/** How a caller tells of the value with the number. */
export function saidOf(number: number, plan: Pick<Plan, "ends">): string {
  return plan.ends === "nothing" ? "nothing" : `value ${number}`;
}

/** A load that is under way, and who waits for it. */
export class NaiveFlight {
  readonly key: string;
  keepAlive: boolean;
  waiters: NaiveWaiter[] = [];
  cancelled = false;
  /** Its number, and its plan, once its function was called. */
  number: number | undefined = undefined;
  plan: Plan | undefined = undefined;
  endsAt: number = Infinity;
  /** What was invalidated since it began. */
  doubts: ((tags: readonly string[], number: number) => boolean)[] = [];

  constructor(key: string, keepAlive: boolean) {
    this.key = key;
    this.keepAlive = keepAlive;
  }
}

/**
 * Loads in the plainest way: a list of those under way, looked through for whatever happens next. What is
 * asked for takes effect in `settle()`.
 */
export abstract class NaiveFlights {
  time = 0;
  /** All that have not ended. */
  flights: NaiveFlight[] = [];
  /** What each caller has heard. */
  readonly heard: string[] = [];
  /** The keys for which the function was called. */
  readonly calls: string[] = [];
  /** How many loads there were. */
  loads = 0;
  readonly #plans: readonly Plan[];

  constructor(plans: readonly Plan[]) {
    this.#plans = plans;
  }

  /** A load has ended: gives what those who wait for it get. */
  abstract landed(flight: NaiveFlight, ending: Ending): string;

  /** Its function is called. */
  called(flight: NaiveFlight): void {
    this.calls.push(flight.key);
  }

  begin(key: string, keepAlive: boolean): NaiveFlight {
    const flight = new NaiveFlight(key, keepAlive);
    this.flights.push(flight);
    this.loads++;
    return flight;
  }

  /** Calls the function of a load, unless it was called. */
  start(flight: NaiveFlight): void {
    if (flight.number !== undefined) return;
    flight.number = this.calls.length;
    flight.plan = this.#plans[flight.number % this.#plans.length]!;
    flight.endsAt = this.time + endOf(flight.plan, flight.number);
    this.called(flight);
  }

  /** A caller gives up, if it waits. */
  leave(id: number, why: string): void {
    for (const flight of this.flights) {
      if (!flight.waiters.some((waiter) => waiter.id === id)) continue;
      flight.waiters = flight.waiters.filter((waiter) => waiter.id !== id);
      this.heard[id] = why;
      if (flight.waiters.length === 0 && !flight.keepAlive) flight.cancelled = true;
    }
  }

  settle(): void {
    for (const flight of this.flights) {
      // One that takes no time has its value by then.
      const hears = flight.plan?.deaf === false && flight.plan.ms > 0;
      if (flight.cancelled && hears) this.#land(flight, "cancelled");
    }
    for (const flight of this.flights) {
      if (flight.endsAt !== this.time) continue;
      this.#land(flight, flight.plan!.ends === "failure" ? "failure" : "value");
    }
  }

  /** Goes from one thing that happens to the next. */
  advance(to: number): void {
    this.settle();
    for (;;) {
      const ends = this.flights.map(({ endsAt }) => endsAt);
      const waiters = this.flights.flatMap((flight) => flight.waiters);
      const next = Math.min(...ends, ...waiters.map(({ until }) => until));
      if (next > to) break;
      this.time = next;
      for (const { id, until } of waiters) if (until === next) this.leave(id, "TimeoutError");
      this.settle();
    }
    this.time = to;
  }

  #land(flight: NaiveFlight, ending: Ending): void {
    this.flights = this.flights.filter((other) => other !== flight);
    const told = this.landed(flight, ending);
    for (const waiter of flight.waiters) {
      this.heard[waiter.id] = told;
    }
  }
}
