import type { Cut, From } from "./callers.ts";

export interface BatchLimits {
  readonly max: number;
  /** 0 for the turn of the event loop. */
  readonly windowMs: number;
  readonly concurrency: number;
}

/** What a load does, which takes some time: one that is stubborn cannot be cancelled. */
export interface Script {
  readonly ms: number;
  readonly stubborn: boolean;
  readonly gives: "array" | "map" | "errors" | "rejects" | "wrong";
}

interface Caller {
  readonly id: number;
  readonly from: From;
  /** Of a call of many: what it has got so far. */
  readonly values: string[];
  missing: number;
  over: boolean;
}

interface Key {
  readonly key: number;
  readonly since: number;
  released: boolean;
  askers: { readonly caller: Caller; readonly index: number }[];
}

interface Load {
  readonly number: number;
  readonly keys: readonly Key[];
  readonly end: number;
  readonly script: Script;
  cancelled: boolean;
}

/** What a load gives for a key: a text, or an error's name. */
export function given(script: Script, number: number, key: number): { text: string; ok: boolean } {
  switch (script.gives) {
    case "errors":
      return key % 2 === 1
        ? { text: `no ${key}`, ok: false }
        : { text: `${key}@${number}`, ok: true };
    case "map":
      return { text: key % 3 === 0 ? "undefined" : `${key}@${number}`, ok: true };
    case "rejects":
      return { text: `down ${number}`, ok: false };
    case "wrong":
      return { text: "TypeError", ok: false };
    case "array":
      return { text: `${key}@${number}`, ok: true };
  }
}

/** The reference: lists that are walked, and a clock that is told what time it is. */
export class NaiveBatch {
  time = 0;
  keys: Key[] = [];
  loads: Load[] = [];
  readonly heard: string[] = [];
  readonly sent: string[] = [];
  readonly #limits: BatchLimits;
  readonly #scripts: readonly Script[];
  readonly #callers: Caller[] = [];
  readonly #cuts = new Set<string>();

  constructor(limits: BatchLimits, scripts: readonly Script[]) {
    this.#limits = limits;
    this.#scripts = scripts;
  }

  call(id: number, from: From, keys: readonly number[]): void {
    const cut = [`scope ${from.scope}`, `signal ${from.signal}`].find((it) => this.#cuts.has(it));
    if (cut !== undefined) {
      this.heard[id] = cut;
      return;
    }
    if (keys.length === 0) this.heard[id] = `${this.time} `;
    const caller = { id, from, values: [], missing: keys.length, over: false };
    this.#callers.push(caller);
    for (const [index, key] of keys.entries()) {
      let wanted = this.keys.find((it) => it.key === key);
      if (wanted === undefined) {
        wanted = { key, since: this.time, released: false, askers: [] };
        this.keys.push(wanted);
      }
      wanted.askers.push({ caller, index });
    }
  }

  flush(): void {
    for (const key of this.keys) key.released = true;
  }

  cut(by: Cut): void {
    const name = "scope" in by ? `scope ${by.scope}` : `signal ${by.signal}`;
    // A signal aborts once.
    if (this.#cuts.has(name)) return;
    this.#cuts.add(name);
    if ("early" in by && by.early) this.flush();
    for (const caller of this.#callers) {
      if (caller.over || !this.#is(caller.from, by)) continue;
      caller.over = true;
      if (caller.missing > 0) this.heard[caller.id] = name;
    }
    this.#forget();
  }

  /** Lets everything go on that can at this moment. */
  settle(): void {
    this.#go();
    // The turn is over.
    if (this.#limits.windowMs <= 0) this.flush();
    this.#go();
  }

  advance(to: number): void {
    for (;;) {
      const ends = this.loads.map(({ end }) => end);
      const head = this.keys[0];
      const due =
        head === undefined || head.released ? Infinity : head.since + this.#limits.windowMs;
      // One that waits for a place has been due before.
      const next = Math.min(...ends, due <= this.time ? Infinity : due);
      if (next > to) break;
      this.time = next;
      this.settle();
    }
    this.time = to;
  }

  #is(from: From, by: Cut): boolean {
    return "scope" in by ? from.scope === by.scope : from.signal === by.signal;
  }

  #go(): void {
    for (;;) {
      const over = this.loads.find(({ end }) => end <= this.time);
      if (over !== undefined) this.#end(over);
      else if (this.loads.length < this.#limits.concurrency && this.#isDue()) this.#send();
      else return;
    }
  }

  #isDue(): boolean {
    const { max, windowMs } = this.#limits;
    const head = this.keys[0];
    if (head === undefined) return false;
    const waited = windowMs > 0 && head.since + windowMs <= this.time;
    return this.keys.length >= max || head.released || waited;
  }

  #send(): void {
    const keys = this.keys.splice(0, this.#limits.max);
    const number = this.sent.length;
    const script = this.#scripts[number % this.#scripts.length]!;
    this.sent.push(`${this.time}: ${keys.map(({ key }) => key).join()}`);
    this.loads.push({ number, keys, end: this.time + script.ms, script, cancelled: false });
  }

  #end(load: Load): void {
    this.loads = this.loads.filter((it) => it !== load);
    if (load.cancelled) return;
    for (const { key, askers } of load.keys) {
      const { text, ok } = given(load.script, load.number, key);
      for (const { caller, index } of askers) {
        if (caller.missing === 0) continue;
        if (ok) {
          caller.values[index] = text;
          caller.missing--;
          if (caller.missing > 0) continue;
        } else {
          caller.missing = 0;
        }
        caller.over = true;
        this.heard[caller.id] = ok ? `${this.time} ${caller.values.join()}` : text;
      }
    }
    this.#forget();
  }

  /** Drops what nobody wants, and cancels what nobody waits for. */
  #forget(): void {
    for (const key of [...this.keys, ...this.loads.flatMap(({ keys }) => keys)]) {
      key.askers = key.askers.filter(({ caller }) => !caller.over);
    }
    this.keys = this.keys.filter(({ askers }) => askers.length > 0);
    for (const load of this.loads) {
      // What ends at this moment has ended.
      if (
        load.end <= this.time ||
        load.cancelled ||
        load.keys.some(({ askers }) => askers.length > 0)
      )
        continue;
      load.cancelled = true;
      this.sent[load.number] += " cancelled";
      if (!load.script.stubborn) (load as { end: number }).end = this.time;
    }
  }
}
