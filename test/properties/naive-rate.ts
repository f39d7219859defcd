import type { RateKind } from "corral";

export interface Rate {
  readonly limit: number;
  readonly perMs: number;
  readonly burst: number;
}

/** Somebody in line: a wait, or a reservation with its time. */
interface Entry {
  readonly id: number;
  readonly n: number;
  readonly at?: number;
  readonly deadline?: number;
}

type Event = { readonly time: number } & (
  | { readonly n: number }
  /** From here on. */
  | { readonly rate: Rate }
);

/** The reference: it keeps all that ever happened, and works everything out from that each time. */
export class NaiveRate {
  readonly kind: RateKind;
  rate: Rate;
  time = 0;
  floor = 0;
  line: Entry[] = [];
  readonly outcomes: string[] = [];
  readonly history: Event[] = [];

  constructor(kind: RateKind, rate: Rate) {
    this.kind = kind;
    this.rate = rate;
    this.history.push({ time: 0, rate });
  }

  copy(): NaiveRate {
    const copy = new NaiveRate(this.kind, this.rate);
    copy.time = this.time;
    copy.floor = this.floor;
    copy.line = [...this.line];
    copy.history.splice(0, 1, ...this.history);
    return copy;
  }

  get most(): number {
    return this.kind === "bucket" ? this.rate.burst : this.rate.limit;
  }

  /** The first moment from now on at which `n` more fit. */
  earliest(n: number): number {
    const from = Math.max(this.time, this.floor);
    return this.kind === "sliding" ? this.#window(n, from) : this.#drain(n, from);
  }

  #window(n: number, from: number): number {
    const { limit, perMs } = this.rate;
    const taken = this.history.filter((event) => "n" in event);
    const seen = (at: number): number =>
      taken.reduce((sum, event) => sum + (event.time + perMs > at ? event.n : 0), 0);
    const moments = [from, ...taken.map(({ time }) => time + perMs)].filter((it) => it >= from);
    return moments.sort((a, b) => a - b).find((at) => seen(at) + n <= limit) ?? Infinity;
  }

  #drain(n: number, from: number): number {
    // In parts of a token, as many as the time has milliseconds: whole numbers stay whole.
    const { perMs } = this.rate;
    let [level, time, { limit }] = [0, 0, this.rate];
    for (const event of [...this.history, { time: from, n: 0 }]) {
      level = Math.max(0, level - (event.time - time) * limit);
      ({ time } = event);
      if ("n" in event) level += event.n * perMs;
      else ({ limit } = event.rate);
    }
    const over = this.kind === "spaced" ? level : level + (n - this.rate.burst) * perMs;
    return over > 1e-6 ? from + over / limit : from;
  }

  #take(entry: Entry, outcome: string): void {
    this.history.push({ time: this.time, n: entry.n });
    this.line.splice(this.line.indexOf(entry), 1);
    this.outcomes[entry.id] = outcome;
  }

  /** Lets time pass. */
  advance(until: number): void {
    for (;;) {
      const reserved = this.line
        .filter(({ at }) => at !== undefined)
        .sort((a, b) => a.at! - b.at!)[0];
      const head = this.line.find(({ at }) => at === undefined);
      const free = head !== undefined && this.line[0] === head;
      const due = free ? this.earliest(head.n) : Infinity;
      const leaving = this.line
        .filter(({ deadline }) => deadline !== undefined)
        .sort((a, b) => a.deadline! - b.deadline!)[0];
      const next = Math.min(reserved?.at ?? Infinity, due, leaving?.deadline ?? Infinity);
      if (next > until || next === Infinity) break;
      this.time = Math.max(this.time, next);
      if (reserved?.at === next) this.#take(reserved, `reserved ${round(next)}`);
      else if (due === next) this.#take(head!, `in ${round(next)}`);
      else this.drop("TimeoutError", (entry) => entry === leaving);
    }
    this.time = Math.max(this.time, until);
  }

  /** When a newcomer would be let in, if nothing changes. */
  turnOf(n: number): number {
    const copy = this.copy();
    // Of the deadlines of others nothing is known.
    copy.line = copy.line.map(({ id, n: many, at }) =>
      at === undefined ? { id, n: many } : { id, n: many, at },
    );
    copy.line.push({ id: -1, n });
    for (;;) {
      const last = copy.line.find(({ id }) => id === -1);
      if (last === undefined) return copy.time;
      const before = copy.line.length;
      copy.advance(copy.#next());
      if (copy.line.length === before) return Infinity;
    }
  }

  #next(): number {
    const [head] = this.line;
    const times = this.line.map(({ at }) => at ?? Infinity);
    if (head !== undefined && head.at === undefined) times.push(this.earliest(head.n));
    return Math.max(this.time, Math.min(...times));
  }

  acquire(id: number, n: number, deadline?: number): void {
    if (n > this.most) this.outcomes[id] = "RangeError";
    else if (deadline !== undefined && this.turnOf(n) >= deadline)
      this.outcomes[id] = "TimeoutError";
    else {
      this.line.push(deadline === undefined ? { id, n } : { id, n, deadline });
      this.advance(this.time);
    }
  }

  tryAcquire(id: number, n: number): void {
    if (n > this.most) this.outcomes[id] = "RangeError";
    else if (this.line.length > 0 || this.earliest(n) > this.time) this.outcomes[id] = "not now";
    else {
      this.history.push({ time: this.time, n });
      this.outcomes[id] = "now";
    }
  }

  /** Gives the time that was promised. */
  reserve(id: number, n: number): number {
    const at = this.turnOf(n);
    this.line.push({ id, n, at });
    this.advance(this.time);
    return at;
  }

  drop(outcome: string, who: (entry: Entry) => boolean): void {
    for (const entry of this.line) if (who(entry)) this.outcomes[entry.id] = outcome;
    this.line = this.line.filter((entry) => !who(entry));
    this.advance(this.time);
  }

  configure(rate: Rate): void {
    this.rate = rate;
    this.history.push({ time: this.time, rate });
    this.drop("RangeError", ({ n, at }) => at === undefined && n > this.most);
  }

  pauseUntil(time: number): void {
    this.floor = Math.max(this.floor, time);
  }
}

export function round(time: number): number {
  return Math.round(time * 1e4) / 1e4;
}
