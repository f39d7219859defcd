import { NaiveLine, type Waiter } from "./naive-line.ts";
import type { Cut } from "./callers.ts";

/** One thing to wait for; a plain call is a choice with one. */
export interface Option {
  readonly does: "recv" | "send" | "lock";
  /** Which of the channels. */
  readonly on: number;
  readonly weight: number;
  readonly item: number;
}

export interface Party extends Waiter {
  readonly options: readonly Option[];
  /** Whether it is a `select`, not a plain call. */
  readonly selects: boolean;
}

interface Pipe {
  readonly capacity: number;
  items: number[];
  reserved: number;
  closed: boolean;
}

/** The reference for two channels and a semaphore, and all who wait for one or several of them. */
export class NaiveSelect extends NaiveLine<Party> {
  readonly pipes: readonly Pipe[];
  readonly undelivered: number[] = [];
  /** What is held of the semaphore, by the id of the holder. */
  readonly held: Map<number, number> = new Map();
  readonly permits: number;

  constructor(capacities: readonly number[], permits: number) {
    super();
    this.pipes = capacities.map((capacity) => ({
      capacity,
      items: [],
      reserved: 0,
      closed: false,
    }));
    this.permits = permits;
  }

  // Of a channel and a lock that become ready in one step, either may be told first.
  override groupOf(id: number): unknown {
    return this.outcomes[id]?.split(" ")[0];
  }

  waiting(does: Option["does"], on: number): Party[] {
    const isIt = (it: Option): boolean => it.does === does && (does === "lock" || it.on === on);
    return this.line.filter(({ options }) => options.some(isIt));
  }

  get available(): number {
    return this.permits - [...this.held.values()].reduce((sum, weight) => sum + weight, 0);
  }

  #optionOf(party: Party, does: Option["does"], on: number): Option {
    return party.options.find((it) => it.does === does && (does === "lock" || it.on === on))!;
  }

  #serve(party: Party, outcome: string): void {
    this.line = this.line.filter((it) => it !== party);
    this.outcomes[party.id] = outcome;
    this.order.push(party.id);
  }

  /** Whether there is room for an item, if it is not `self` who receives it. */
  hasRoom(on: number, self?: Party): boolean {
    const { capacity, items, reserved } = this.pipes[on]!;
    const takers = this.waiting("recv", on).filter((it) => it !== self);
    return items.length + reserved < capacity + takers.length;
  }

  /** An item goes to the first other one who waits, or into the channel. */
  #deliver(item: number, on: number, self?: Party): void {
    const taker = this.waiting("recv", on).find((it) => it !== self);
    if (taker === undefined) this.pipes[on]!.items.push(item);
    else this.#serve(taker, `recv ${item}`);
  }

  /** What doing it now would give, and what it takes to do it. */
  #possible(
    id: number,
    { does, on, item, weight }: Option,
  ): (() => string) | "ClosedError" | undefined {
    const pipe = this.pipes[on]!;
    const { items } = pipe;
    if (does === "lock") {
      const isFree = this.waiting("lock", on).length === 0 && weight <= this.available;
      return isFree ? () => (this.held.set(id, weight), "lock") : undefined;
    }
    if (does === "send") {
      if (pipe.closed) return "ClosedError";
      return this.hasRoom(on) ? () => (this.#deliver(item, on), "send") : undefined;
    }
    if (items.length > 0) return () => `recv ${items.shift()!}`;
    if (pipe.closed && pipe.reserved === 0) return "ClosedError";
    const [giver] = this.waiting("send", on);
    // What is offered is for those who wait already.
    if (giver === undefined || this.waiting("recv", on).some((it) => it !== giver))
      return undefined;
    return () => {
      this.#serve(giver, "send");
      return `recv ${this.#optionOf(giver, "send", on).item}`;
    };
  }

  /** How many of the options could be done now, or fail. */
  ready(options: readonly Option[]): number {
    return options.filter((it) => this.#possible(-1, it) !== undefined).length;
  }

  /** Does the first that can be done. */
  attempt(id: number, options: readonly Option[]): string | undefined {
    for (const option of options) {
      const possible = this.#possible(id, option);
      if (possible === undefined) continue;
      const outcome = typeof possible === "string" ? possible : possible();
      this.serve();
      return outcome;
    }
    return undefined;
  }

  arrive(party: Party): void {
    const no = this.refusal(party.from) ?? this.attempt(party.id, party.options);
    if (no === undefined) {
      this.line.push(party);
      this.serve();
      return;
    }
    this.outcomes[party.id] = no;
    const served = /^(recv|send|lock)/.test(no);
    if (!served && !party.selects) this.#lose(party);
  }

  /** Serves all who can be served. */
  serve(): void {
    for (const on of this.pipes.keys()) while (this.#move(on));
    for (const party of this.waiting("lock", 0)) {
      const { weight } = this.#optionOf(party, "lock", 0);
      if (weight > this.available) break;
      this.held.set(party.id, weight);
      this.#serve(party, "lock");
    }
  }

  #move(on: number): boolean {
    const giver = this.waiting("send", on).find((it) => this.hasRoom(on, it));
    if (giver === undefined) return false;
    this.#serve(giver, "send");
    this.#deliver(this.#optionOf(giver, "send", on).item, on, giver);
    return true;
  }

  reserve(on: number): string {
    if (this.pipes[on]!.closed) return "ClosedError";
    if (!this.hasRoom(on)) return "no";
    this.pipes[on]!.reserved++;
    return "yes";
  }

  /** A place that was reserved is filled, or given back. */
  use(on: number, item: number | undefined): void {
    this.pipes[on]!.reserved--;
    if (item !== undefined) this.#deliver(item, on);
    this.serve();
    this.#tellEnd(on);
  }

  close(on: number): void {
    this.pipes[on]!.closed = true;
    this.#fail(this.waiting("send", on));
    this.#tellEnd(on);
  }

  #tellEnd(on: number): void {
    const { closed, items, reserved } = this.pipes[on]!;
    if (!closed || items.length > 0 || reserved > 0) return;
    this.#fail(this.waiting("recv", on));
  }

  /** Each is told in turn; whoever is served meanwhile is not. */
  #fail(parties: readonly Party[]): void {
    for (const party of parties) this.drop("ClosedError", (it) => it === party);
  }

  release(id: number): void {
    this.held.delete(id);
    this.serve();
  }

  override drop(why: string, who: (party: Party) => boolean): void {
    const left = this.line.filter((party) => !party.selects && who(party));
    super.drop(why, who);
    for (const party of left) this.#lose(party);
    this.serve();
  }

  /** The item of a plain `send()` is the channel's. */
  #lose({ options: [option] }: Party): void {
    if (option?.does === "send") this.undelivered.push(option.item);
  }

  interrupt(by: Cut, early: () => void): void {
    if (this.cancel(by) && "early" in by && by.early) early();
  }
}
