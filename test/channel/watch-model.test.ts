import fc from "fast-check";
import { expect, test } from "vitest";
import { ClosedError } from "../../src/cancel/errors.ts";
import { Watch, type WatchReader } from "../../src/channel/watch.ts";

const SIGNALS = 3;

type Step =
  | { readonly do: "set"; readonly value: number }
  | { readonly do: "subscribe" | "close" }
  | { readonly do: "changed" | "next"; readonly at: number; readonly signal: number | undefined }
  | { readonly do: "look" | "leave"; readonly at: number }
  /** Waits for a value; `sets` is set by its predicate when it is first asked about `when`. */
  | {
      readonly do: "wait";
      readonly wanted: number;
      readonly signal: number | undefined;
      readonly when: number;
      readonly sets: number | undefined;
    }
  | { readonly do: "abort" | "abort-set"; readonly signal: number };

const value = fc.nat(5);
const which = fc.nat(5);
const signal = fc.option(fc.nat(SIGNALS - 1), { nil: undefined, freq: 2 });
const reads = (how: "changed" | "next"): fc.Arbitrary<Step> =>
  fc.record({ do: fc.constant(how), at: which, signal });
const one = (how: "look" | "leave"): fc.Arbitrary<Step> =>
  fc.record({ do: fc.constant(how), at: which });
const ends = (how: "abort" | "abort-set"): fc.Arbitrary<Step> =>
  fc.record({ do: fc.constant(how), signal: fc.nat(SIGNALS - 1) });
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 10, arbitrary: fc.record({ do: fc.constant("set" as const), value }) },
  { weight: 3, arbitrary: fc.constant({ do: "subscribe" as const }) },
  { weight: 6, arbitrary: reads("changed") },
  { weight: 3, arbitrary: reads("next") },
  { weight: 3, arbitrary: one("look") },
  { weight: 1, arbitrary: one("leave") },
  {
    weight: 10,
    arbitrary: fc.record({
      do: fc.constant("wait" as const),
      wanted: value,
      signal,
      when: value,
      sets: fc.option(value, { nil: undefined }),
    }),
  },
  { weight: 1, arbitrary: ends("abort") },
  { weight: 2, arbitrary: ends("abort-set") },
  { weight: 1, arbitrary: fc.constant({ do: "close" as const }) },
);

interface Asking {
  readonly id: number;
  readonly signal: number | undefined;
  readonly iterates: boolean;
}

interface Waiting {
  readonly id: number;
  readonly signal: number | undefined;
  readonly wanted: number;
  readonly when: number;
  next: number | undefined;
  /** The sets that it still has to be asked about. */
  unasked: number[];
}

interface NaiveReader {
  changed: boolean;
  left: boolean;
  asking: Asking[];
}

/** A watch in the plainest way: each who waits has a list of the sets that it is to be asked about. */
class Naive {
  value = 0;
  version = 0;
  closed = false;
  readonly readers: NaiveReader[] = [];
  waiting: Waiting[] = [];
  readonly outcomes: string[] = [];
  readonly aborted = Array.from({ length: SIGNALS }, () => false);
  #asking = false;

  subscribe(): void {
    this.readers.push({ changed: false, left: false, asking: [] });
  }

  set(next: number): void {
    if (this.closed) return;
    this.value = next;
    this.version++;
    for (const reader of this.readers) {
      reader.changed = true;
      const asking = reader.asking.shift();
      if (asking === undefined) continue;
      reader.changed = false;
      this.outcomes[asking.id] = "changed";
    }
    for (const each of this.waiting) each.unasked.push(next);
    if (!this.#asking) this.ask();
  }

  /** Asks about the oldest set that somebody was not asked about, in the order of the calls. */
  ask(): void {
    this.#asking = true;
    for (;;) {
      const most = Math.max(0, ...this.waiting.map(({ unasked }) => unasked.length));
      const next = this.waiting.find(({ unasked }) => unasked.length === most);
      if (most === 0 || next === undefined) break;
      const about = next.unasked.shift()!;
      if (!this.holds(next, about)) continue;
      this.outcomes[next.id] = `value ${about}`;
      this.waiting = this.waiting.filter((each) => each !== next);
    }
    this.#asking = false;
  }

  holds(waiting: Waiting, about: number): boolean {
    if (about === waiting.when && waiting.next !== undefined) {
      const { next } = waiting;
      waiting.next = undefined;
      this.set(next);
    }
    return about === waiting.wanted;
  }

  wait(waiting: Waiting): void {
    if (waiting.signal !== undefined && this.aborted[waiting.signal] === true) {
      this.outcomes[waiting.id] = `signal ${waiting.signal}`;
      return;
    }
    for (let version = -1; version !== this.version;) {
      version = this.version;
      const about = this.value;
      if (!this.holds(waiting, about)) continue;
      this.outcomes[waiting.id] = `value ${about}`;
      return;
    }
    if (this.closed) this.outcomes[waiting.id] = "closed";
    else this.waiting.push(waiting);
  }

  read(at: number, asking: Asking): void {
    const reader = this.readers[at]!;
    const over = reader.left || (this.closed && !reader.changed);
    if (over && asking.iterates) this.outcomes[asking.id] = "end";
    else if (asking.signal !== undefined && this.aborted[asking.signal] === true) {
      this.outcomes[asking.id] = `signal ${asking.signal}`;
    } else if (over) this.outcomes[asking.id] = "closed";
    else if (reader.changed) {
      reader.changed = false;
      this.outcomes[asking.id] = "changed";
    } else reader.asking.push(asking);
  }

  abort(at: number): void {
    this.aborted[at] = true;
    const said = `signal ${at}`;
    for (const reader of this.readers) {
      for (const each of reader.asking) if (each.signal === at) this.outcomes[each.id] = said;
      reader.asking = reader.asking.filter((each) => each.signal !== at);
    }
    for (const each of this.waiting) if (each.signal === at) this.outcomes[each.id] = said;
    this.waiting = this.waiting.filter((each) => each.signal !== at);
  }

  leave(reader: NaiveReader): void {
    for (const { id, iterates } of reader.asking.splice(0)) {
      this.outcomes[id] = iterates ? "end" : "closed";
    }
  }

  close(): void {
    this.closed = true;
    for (const reader of this.readers) this.leave(reader);
    for (const { id } of this.waiting.splice(0)) this.outcomes[id] = "closed";
  }
}

async function run(steps: readonly Step[]): Promise<void> {
  const watch = new Watch(0);
  const naive = new Naive();
  const readers: WatchReader<number>[] = [];
  const controllers = Array.from({ length: SIGNALS }, () => new AbortController());
  const heard: string[] = [];
  const told: Promise<void>[] = [];
  let setting = false;
  for (const [i, controller] of controllers.entries()) {
    controller.signal.addEventListener("abort", () => {
      if (setting) watch.set(i);
    });
  }
  const listen = (id: number, promise: Promise<string>): void => {
    const note = (outcome: string): void => {
      heard[id] = outcome;
    };
    told.push(
      promise.then(note, (error: unknown) =>
        note(error instanceof ClosedError ? "closed" : String(error)),
      ),
    );
  };
  const optionsOf = (at: number | undefined): { signal?: AbortSignal } =>
    at === undefined ? {} : { signal: controllers[at]!.signal };
  const predicateOf = (wanted: number, when: number, sets: number | undefined) => {
    let left = sets;
    return (about: number): boolean => {
      if (about === when && left !== undefined) {
        const next = left;
        left = undefined;
        if (!watch.closed) watch.set(next);
      }
      return about === wanted;
    };
  };
  const subscribe = (): void => {
    readers.push(watch.subscribe());
    naive.subscribe();
  };
  subscribe();
  let count = 0;
  for (const each of steps) {
    const at = "at" in each ? each.at % readers.length : 0;
    const reader = readers[at]!;
    switch (each.do) {
      case "set":
        naive.set(each.value);
        if (watch.closed) expect(() => watch.set(each.value)).toThrow(ClosedError);
        else watch.set(each.value);
        break;
      case "subscribe":
        subscribe();
        break;
      case "changed":
      case "next": {
        const id = count++;
        const iterates = each.do === "next";
        naive.read(at, { id, signal: each.signal, iterates });
        const options = optionsOf(each.signal);
        listen(
          id,
          iterates
            ? reader
                .values(options)
                .next()
                .then(({ done }) => (done === true ? "end" : "changed"))
            : reader.changed(options).then(() => "changed"),
        );
        // What an iteration gives is looked at when it is told: not in the middle of the steps.
        break;
      }
      case "look":
        naive.readers[at]!.changed = false;
        expect(reader.value).toBe(naive.value);
        break;
      case "leave":
        naive.readers[at]!.left = true;
        naive.leave(naive.readers[at]!);
        reader.close();
        break;
      case "wait": {
        const id = count++;
        const { wanted, when, sets } = each;
        naive.wait({ id, signal: each.signal, wanted, when, next: sets, unasked: [] });
        listen(
          id,
          watch
            .waitFor(predicateOf(wanted, when, sets), optionsOf(each.signal))
            .then((got) => `value ${got}`),
        );
        break;
      }
      case "abort":
      case "abort-set":
        setting = each.do === "abort-set" && !naive.closed && !naive.aborted[each.signal];
        naive.abort(each.signal);
        if (setting) naive.set(each.signal);
        controllers[each.signal]!.abort(`signal ${each.signal}`);
        setting = false;
        break;
      case "close":
        naive.close();
        watch.close();
        break;
    }
    expect([watch.value, watch.closed, watch.stats().version]).toEqual([
      naive.value,
      naive.closed,
      naive.version,
    ]);
    expect(readers.map((own) => [own.hasChanged, own.waiting])).toEqual(
      naive.readers.map((own) => [own.changed, own.asking.length]),
    );
    const asking = naive.readers.reduce((sum, own) => sum + own.asking.length, 0);
    expect(watch.stats().waiting).toBe(naive.waiting.length + asking);
  }
  naive.close();
  watch.close();
  await Promise.all(told);
  expect(heard).toEqual(naive.outcomes);
}

test("Watch agrees with naive lists: values, who is asked about what, who has seen what", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 60, size: "max" }), (steps) => run(steps)),
    { numRuns: 120 },
  );
});
