import fc from "fast-check";
import { expect, test } from "vitest";
import { Queue } from "corral";
import { settle } from "../support/settle.ts";
import { Callers, cut, type From, from } from "./callers.ts";
import { agree, type Command, command } from "./command.ts";
import { type Item, NaiveQueue, type Order } from "./naive-queue.ts";

const nothing = fc.constant("");
const rank = fc.nat(3);

const orders = { fifo: "fifo", lifo: "lifo", rank: (a: Item, b: Item) => a.rank - b.rank } as const;

class Aborted extends Error {
  override readonly name = "Aborted";
}

class Real {
  readonly callers: Callers = new Callers();
  readonly queue: Queue<Item>;

  constructor(capacity: number, order: Order) {
    this.queue = new Queue({ capacity, order: orders[order] });
  }

  get(id: number, wants: "get" | "next", of: From): void {
    if (wants === "get") {
      const got = this.callers.in(of, (options) => this.queue.get(options));
      this.callers.listen(id, got, (item) => String(item.id));
    } else {
      const got = this.callers.in(of, (options) => this.queue.values(options).next());
      this.callers.listenLate(id, got, ({ done, value }) =>
        done === true ? "end" : String(value.id),
      );
    }
  }

  /** What something gives at once, in the reference's words. */
  attempt(fn: () => boolean | { readonly value: Item } | undefined): string {
    try {
      const result = fn();
      if (typeof result === "object") return String(result.value.id);
      return result === true ? "yes" : "no";
    } catch (error) {
      return (error as Error).name;
    }
  }
}

let items = 0;

async function settled(model: NaiveQueue, real: Real): Promise<void> {
  await settle();
  model.expectHeardBy(real.callers);
}

function taskDone(model: NaiveQueue, { queue, attempt }: Real): void {
  const done = attempt(() => (queue.taskDone(), true));
  expect(done).toBe(model.taskDone());
}

function tryGet(model: NaiveQueue, { queue, attempt }: Real): void {
  expect(attempt(() => queue.tryGet())).toBe(model.tryGet());
}

const put = command("put", fc.record({ rank, from }), (model: NaiveQueue, real: Real, it) => {
  const item = { id: items++, rank: it.rank };
  const puts = real.callers.in(it.from, (options) => real.queue.put(item, options));
  real.callers.listen(model.count, puts);
  model.put(item, it.from);
});

const wants = fc.constantFrom("get", "get", "next");
const get = command("get", fc.record({ wants, from }), (model: NaiveQueue, real: Real, it) => {
  real.get(model.count, it.wants, it.from);
  model.get(it.wants, it.from);
});

const commands: fc.Arbitrary<Command<NaiveQueue, Real>>[] = [
  put,
  put,
  get,
  get,
  command("tryPut", rank, (model: NaiveQueue, { queue, attempt }: Real, of) => {
    const item = { id: items++, rank: of };
    expect(attempt(() => queue.tryPut(item))).toBe(model.tryPut(item));
  }),
  command("tryGet", nothing, tryGet),
  command("taskDone", nothing, taskDone),
  command("join", from, (model: NaiveQueue, real: Real, of) => {
    const joins = real.callers.in(of, (options) => real.queue.join(options));
    real.callers.listen(model.count, joins);
    model.join(of);
  }),
  command("cancel", cut, (model: NaiveQueue, real: Real, by) => {
    const item = { id: items++, rank: 0 };
    model.interrupt(by, item);
    real.callers.cut(by, () => real.attempt(() => real.queue.tryPut(item)));
  }),
  // Else most of a run would be spent after it.
  command("close", fc.nat(5), (model: NaiveQueue, { queue }: Real, n) => {
    if (n > 1) return;
    if (n === 0) model.close();
    else model.abort();
    if (n === 0) queue.close();
    else queue.abort(new Aborted());
  }),
  command("settle", nothing, settled),
];

test("Queue agrees with naive lists: items, order, who waits, what is unfinished, nothing retained", async () => {
  await agree<{ capacity: number; order: Order }, NaiveQueue, Real>({
    start: fc.record({
      capacity: fc.constantFrom(1, 2, Infinity),
      order: fc.constantFrom("fifo", "lifo", "rank"),
    }),
    pair: ({ capacity, order }) => ({
      model: new NaiveQueue(capacity, order),
      real: new Real(capacity, order),
    }),
    commands,
    figures: (model, { queue, callers }) => {
      const { size, unfinished, putting, getting, closed } = queue.stats();
      return {
        real: [size, unfinished, putting, getting, closed, callers.retained()],
        model: [
          model.items.length,
          model.unfinished,
          model.waiting("put").length,
          model.waiting("get", "next").length,
          model.shut !== undefined,
          model.retained(),
        ],
      };
    },
    end: async (model, real) => {
      while (model.items.length > 0) tryGet(model, real);
      while (model.unfinished > 0) taskDone(model, real);
      model.close();
      real.queue.close();
      await settled(model, real);
      expect(model.line).toEqual([]);
      expect(real.callers.retained()).toBe(0);
    },
    numRuns: 300,
  });
});
