// A queue against a naive one: lists, searched from their start.
import fc from "fast-check";
import { expect, test } from "vitest";
import { ClosedError, Queue, type QueueOrder } from "corral";

const SIGNALS = 3;

interface Item {
  readonly key: number;
  readonly id: number;
}

const ORDERS: Record<string, QueueOrder<Item>> = {
  fifo: "fifo",
  lifo: "lifo",
  least: (a, b) => a.key - b.key,
};

type Step =
  | {
      readonly do: "put" | "get" | "join";
      readonly signal: number | undefined;
      readonly key: number;
    }
  | { readonly do: "tryPut"; readonly key: number }
  | { readonly do: "tryGet" | "taskDone" | "close" | "abort queue" }
  | { readonly do: "abort"; readonly signal: number };

const key = fc.nat(3);
const signal = fc.nat(SIGNALS - 1);
const waits = (name: "put" | "get" | "join"): fc.Arbitrary<Step> =>
  fc.record({ do: fc.constant(name), signal: fc.option(signal, { nil: undefined }), key });

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 8, arbitrary: waits("put") },
  { weight: 8, arbitrary: waits("get") },
  { weight: 2, arbitrary: waits("join") },
  { weight: 3, arbitrary: fc.record({ do: fc.constant("tryPut" as const), key }) },
  {
    weight: 6,
    arbitrary: fc.record({ do: fc.constantFrom("tryGet" as const, "taskDone" as const) }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("abort" as const), signal }) },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constantFrom("close" as const, "abort queue" as const) }),
  },
);

interface Waiting {
  readonly id: number;
  readonly signal: number | undefined;
  readonly item?: Item;
}

class NaiveQueue {
  items: Item[] = [];
  putters: Waiting[] = [];
  getters: Waiting[] = [];
  joiners: Waiting[] = [];
  unfinished = 0;
  shut: "open" | "closed" | "aborted" = "open";
  readonly aborted = new Set<number>();
  readonly outcomes: string[] = [];
  readonly capacity: number;
  readonly order: string;

  constructor(capacity: number, order: string) {
    this.capacity = capacity;
    this.order = order;
  }

  /** The item that is next. */
  next(): Item {
    let at = 0;
    if (this.order === "lifo") at = this.items.length - 1;
    if (this.order === "least") {
      const least = Math.min(...this.items.map((item) => item.key));
      at = this.items.findIndex((item) => item.key === least);
    }
    return this.items.splice(at, 1)[0]!;
  }

  /** Lets go on who can. */
  settle(): void {
    for (;;) {
      if (this.items.length > 0 && this.getters.length > 0) {
        this.outcomes[this.getters.shift()!.id] = `got ${this.next().id}`;
      } else if (
        this.shut === "open" &&
        this.items.length < this.capacity &&
        this.putters.length > 0
      ) {
        const { id, item } = this.putters.shift()!;
        this.items.push(item!);
        this.unfinished++;
        this.outcomes[id] = "put";
      } else break;
    }
    if (this.shut !== "open") {
      for (const { id } of this.putters) this.outcomes[id] = this.shut;
      this.putters = [];
      if (this.items.length === 0) for (const { id } of this.getters) this.outcomes[id] = this.shut;
      if (this.items.length === 0) this.getters = [];
    }
    if (this.unfinished === 0) for (const { id } of this.joiners) this.outcomes[id] = "joined";
    if (this.unfinished === 0) this.joiners = [];
  }

  wait(line: Waiting[], waiting: Waiting): void {
    if (waiting.signal !== undefined && this.aborted.has(waiting.signal)) {
      this.outcomes[waiting.id] = "gone";
      return;
    }
    line.push(waiting);
    this.settle();
  }

  abort(at: number): void {
    this.aborted.add(at);
    for (const line of [this.putters, this.getters, this.joiners]) {
      for (const waiting of line.filter((each) => each.signal === at)) {
        line.splice(line.indexOf(waiting), 1);
        this.outcomes[waiting.id] = "gone";
      }
    }
  }

  abortQueue(): void {
    if (this.shut === "aborted") return;
    this.shut = "aborted";
    this.unfinished = Math.max(0, this.unfinished - this.items.length);
    this.items = [];
    this.settle();
  }
}

function said(error: unknown): string {
  if (error instanceof ClosedError) return "closed";
  return error === "broken" ? "aborted" : String(error);
}

/** What can be done at once, or not. */
function now(fn: () => string): string {
  try {
    return fn();
  } catch (error) {
    return error instanceof RangeError ? "too often" : said(error);
  }
}

async function check(capacity: number, order: string, steps: readonly Step[]): Promise<void> {
  const queue = new Queue<Item>({ capacity, order: ORDERS[order] });
  const naive = new NaiveQueue(capacity, order);
  const controllers = Array.from({ length: SIGNALS }, () => new AbortController());
  const heard: string[] = [];
  const ends: Promise<unknown>[] = [];
  let count = 0;
  const hear = (id: number, what: Promise<string>): void => {
    const end = what.then(
      (text) => (heard[id] = text),
      (error: unknown) => (heard[id] = said(error)),
    );
    ends.push(end);
  };
  for (const each of steps) {
    const id = count++;
    switch (each.do) {
      case "put": {
        const item = { key: each.key, id };
        const options = { signal: controllers[each.signal ?? -1]?.signal };
        hear(
          id,
          queue.put(item, options).then(() => "put"),
        );
        naive.wait(naive.putters, { id, signal: each.signal, item });
        break;
      }
      case "get": {
        const options = { signal: controllers[each.signal ?? -1]?.signal };
        hear(
          id,
          queue.get(options).then((item) => `got ${item.id}`),
        );
        naive.wait(naive.getters, { id, signal: each.signal });
        break;
      }
      case "join": {
        const options = { signal: controllers[each.signal ?? -1]?.signal };
        hear(
          id,
          queue.join(options).then(() => "joined"),
        );
        naive.wait(naive.joiners, { id, signal: each.signal });
        break;
      }
      case "tryPut": {
        const item = { key: each.key, id };
        heard[id] = now(() => (queue.tryPut(item) ? "put" : "full"));
        const room = naive.items.length < naive.capacity || naive.getters.length > 0;
        naive.outcomes[id] = "full";
        if (room || naive.shut !== "open")
          naive.wait(naive.putters, { id, signal: undefined, item });
        break;
      }
      case "tryGet": {
        heard[id] = now(() => `got ${queue.tryGet()?.value.id ?? "nothing"}`);
        naive.outcomes[id] = "got nothing";
        if (naive.items.length > 0 || naive.shut !== "open") {
          naive.wait(naive.getters, { id, signal: undefined });
        }
        break;
      }
      case "taskDone":
        heard[id] = now(() => (queue.taskDone(), "done"));
        naive.outcomes[id] = naive.unfinished === 0 ? "too often" : "done";
        naive.unfinished = Math.max(0, naive.unfinished - 1);
        naive.settle();
        break;
      case "close":
        queue.close();
        if (naive.shut === "open") naive.shut = "closed";
        naive.settle();
        break;
      case "abort queue":
        queue.abort("broken");
        naive.abortQueue();
        break;
      case "abort":
        controllers[each.signal]!.abort("gone");
        naive.abort(each.signal);
        break;
    }
    const { size, unfinished, putting, getting, closed } = queue.stats();
    const figures = [size, unfinished, putting, getting, closed].join();
    const { items, putters, getters, shut } = naive;
    const expected = [
      items.length,
      naive.unfinished,
      putters.length,
      getters.length,
      shut !== "open",
    ];
    if (figures !== expected.join()) expect.fail(`${figures} instead of ${expected.join()}`);
  }
  queue.abort("broken");
  naive.abortQueue();
  for (let left = naive.unfinished; left > 0; left--) queue.taskDone();
  naive.unfinished = 0;
  naive.settle();
  await Promise.all(ends);
  expect(heard).toEqual(naive.outcomes);
}

test("a queue agrees with a naive one, in every order", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(1, 2, 3, Infinity),
      fc.constantFrom(...Object.keys(ORDERS)),
      fc.array(step, { maxLength: 50, size: "max" }),
      check,
    ),
    { numRuns: 200 },
  );
});
