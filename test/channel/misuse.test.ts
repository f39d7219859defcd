// Wrong arguments of what waits and of select(): an error that says so, and nothing was done.
import { EventEmitter } from "node:events";
import { describe, expect, test } from "vitest";
import {
  after,
  channel,
  join,
  lock,
  Queue,
  recv,
  select,
  Semaphore,
  send,
  toEvents,
  trySelect,
  when,
  type WaitOptions,
} from "corral";

function filled(): Queue<string> {
  const queue = new Queue<string>({ capacity: 2 });
  queue.tryPut("first");
  return queue;
}

/** Waits at something, and gives the figures of it. */
type Subject = (options: WaitOptions) => { wait: () => Promise<unknown>; figures: () => unknown };

const subjects: Record<string, Subject> = {
  "put into a queue": (options) => {
    const queue = filled();
    return { wait: () => queue.put("x", options), figures: () => queue.stats() };
  },
  "get from a queue": (options) => {
    const queue = filled();
    return { wait: () => queue.get(options), figures: () => queue.stats() };
  },
  "wait for a queue": (options) => {
    const queue = filled();
    return { wait: () => queue.join(options), figures: () => queue.stats() };
  },
  "send to a channel": (options) => {
    const [sender] = channel<string>(2);
    return { wait: () => sender.send("x", options), figures: () => sender.stats() };
  },
  "reserve a place in a channel": (options) => {
    const [sender] = channel<string>(2);
    return { wait: () => sender.reserve(options), figures: () => sender.stats() };
  },
  "receive from a channel": (options) => {
    const [sender, receiver] = channel<string>(2);
    sender.trySend("first");
    return { wait: () => receiver.receive(options), figures: () => receiver.stats() };
  },
  select: (options) => {
    const queue = filled();
    return { wait: () => select({ item: recv(queue) }, options), figures: () => queue.stats() };
  },
};

describe.each(Object.entries(subjects))("what is to %s", (action, make) => {
  test.each<[unknown, string]>([
    [null, "null"],
    [5, "5"],
    ["text", '"text"'],
    [new AbortController().signal, "an object"],
  ])("rejects the options %o", async (options, seen) => {
    const { wait, figures } = make(options as WaitOptions);
    const before = figures();
    await expect(wait()).rejects.toThrow(
      new TypeError(`Cannot ${action}: "options" must be an object, received ${seen}`),
    );
    expect(figures()).toEqual(before);
  });

  test.each([{}, 5, null, "text"])("rejects the signal %o", async (signal) => {
    const { wait, figures } = make({ signal } as never);
    const before = figures();
    await expect(wait()).rejects.toThrow(
      /^Cannot wait: "signal" must be an AbortSignal, received /,
    );
    expect(figures()).toEqual(before);
  });
});

test("values() refuses wrong options where it is called, and a wrong signal at the first item", async () => {
  const queue = filled();
  const [, receiver] = channel<string>(1);
  for (const source of [queue, receiver]) {
    expect(() => source.values(5 as never)).toThrow(TypeError);
    await expect(source.values({ signal: {} as never }).next()).rejects.toThrow(TypeError);
  }
  expect(queue.stats()).toMatchObject({ size: 1, getting: 0 });
});

describe("select() and trySelect() refuse", () => {
  const wrong: [unknown, string, string][] = [
    [undefined, "TypeError", '"clauses" must be an object, received undefined'],
    [null, "TypeError", '"clauses" must be an object, received null'],
    ["text", "TypeError", '"clauses" must be an object, received "text"'],
    [{}, "RangeError", '"clauses" must name at least one, received none'],
    [{ a: undefined }, "RangeError", '"clauses" must name at least one, received none'],
    [{ a: 5 }, "TypeError", '"a" must be a clause, received 5'],
    [{ a: null }, "TypeError", '"a" must be a clause, received null'],
    [{ a: Promise.resolve() }, "TypeError", '"a" must be a clause, received an object'],
  ];

  test.each(wrong)("the clauses %o", async (clauses, kind, what) => {
    const message = `${kind}: Cannot select: ${what}`;
    const rejection: unknown = await select(clauses as never).catch((error: unknown) => error);
    expect(String(rejection)).toBe(message);
    let thrown: unknown;
    try {
      trySelect(clauses as never);
    } catch (error) {
      thrown = error;
    }
    expect(String(thrown)).toBe(message);
  });

  test("a wrong clause beside one that can be done, which is not done then", async () => {
    const queue = filled();
    const clauses = { item: recv(queue), wrong: queue as never };
    await expect(select(clauses, { biased: true })).rejects.toThrow(TypeError);
    expect(() => trySelect(clauses, { biased: true })).toThrow(TypeError);
    expect(queue.size).toBe(1);
  });
});

describe("a clause refuses", () => {
  test.each<[unknown, string]>([
    ["5", 'TypeError: Cannot select: "ms" must be a number of milliseconds, received "5"'],
    [
      undefined,
      'TypeError: Cannot select: "ms" must be a number of milliseconds, received undefined',
    ],
    [Number.NaN, 'RangeError: Cannot select: "ms" must be a number of milliseconds, received NaN'],
  ])("the time %o", (ms, message) => {
    let thrown: unknown;
    try {
      after(ms as never);
    } catch (error) {
      thrown = error;
    }
    expect(String(thrown)).toBe(message);
  });

  test("the weight and options of a semaphore that acquire() refuses", () => {
    const semaphore = new Semaphore(2);
    expect(() => lock(semaphore, { weight: 3 })).toThrow(
      new RangeError('Cannot acquire a semaphore: "weight" must be at most 2, received 3'),
    );
    expect(() => lock(semaphore, { weight: 0 })).toThrow(RangeError);
    expect(() => lock(semaphore, 5 as never)).toThrow(TypeError);
  });

  test.each<[string, (value: never) => unknown]>([
    ["recv", (value) => recv(value)],
    ["send", (value) => send(value, 1)],
    ["join", (value) => join(value)],
    ["lock", (value) => lock(value)],
    ["when", (value) => when(value)],
  ])("what %s() cannot wait for", (_, make) => {
    for (const value of [undefined, null, 5, {}, Promise.resolve()]) {
      let thrown: unknown;
      try {
        make(value as never);
      } catch (error) {
        thrown = error;
      }
      expect(String(thrown)).toMatch(/^TypeError: Cannot select: .* must be .*, received /);
    }
  });
});

describe("toEvents() rejects", () => {
  test("what is no receiver", async () => {
    for (const receiver of [undefined, null, 5, {}]) {
      const error: unknown = await toEvents(receiver as never, new EventEmitter(), "tick").catch(
        (reason: unknown) => reason,
      );
      expect(String(error)).toMatch(/^TypeError: Cannot [a-z ]+: "receiver" must be /);
    }
  });

  test.each([undefined, null, 5, {}])("the sink %o, and takes no item for it", async (sink) => {
    const [sender, receiver] = channel<number>(1);
    sender.trySend(1);
    sender.close();
    const error: unknown = await toEvents(receiver, sink as never, "tick").catch(
      (reason: unknown) => reason,
    );
    expect(String(error)).toMatch(/^TypeError: Cannot [a-z ]+: "sink/);
    expect(receiver.tryReceive()).toEqual({ value: 1 });
  });
});
