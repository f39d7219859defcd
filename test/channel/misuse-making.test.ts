// Wrong arguments of what makes something: a TypeError or a RangeError that says so, and nothing was made.
import { EventEmitter } from "node:events";
import { describe, expect, test } from "vitest";
import {
  CancelScope,
  channel,
  fromEvents,
  fromReadableStream,
  Queue,
  safeChannel,
  toReadableStream,
} from "corral";
import { at } from "../support/mode.ts";
import { reportsDuring } from "../support/reports.ts";

type Kind = typeof TypeError | typeof RangeError;
type Case = [value: unknown, kind: Kind, message: string];

function thrownBy(fn: () => unknown): unknown {
  try {
    fn();
  } catch (error) {
    return error;
  }
  return "nothing was thrown";
}

function expectThrown(fn: () => unknown, kind: Kind, message: string): void {
  const error = thrownBy(fn);
  expect(String(error)).toBe(`${kind.name}: ${message}`);
}

const notObjects: [unknown, string][] = [
  [null, "null"],
  [5, "5"],
  ["text", '"text"'],
  [() => {}, "a function"],
  [new AbortController().signal, "an object"],
];

function numbers(allowsZero: boolean): [unknown, Kind, string][] {
  return [
    [undefined, TypeError, "undefined"],
    [null, TypeError, "null"],
    ["2", TypeError, '"2"'],
    [{}, TypeError, "an object"],
    [-1, RangeError, "-1"],
    [1.5, RangeError, "1.5"],
    [Number.NaN, RangeError, "NaN"],
    [-Infinity, RangeError, "-Infinity"],
    [2 ** 53, RangeError, "9007199254740992"],
    ...(allowsZero ? [] : ([[0, RangeError, "0"]] as [unknown, Kind, string][])),
  ];
}

describe("new Queue() refuses", () => {
  test.each(notObjects)("the options %o", (options, seen) => {
    const message = `Cannot create a queue: "options" must be an object, received ${seen}`;
    expectThrown(() => new Queue(options as never), TypeError, message);
  });

  test("no options at all: there is no capacity", () => {
    const message =
      'Cannot create a queue: "capacity" must be a positive integer, received undefined';
    expectThrown(() => new Queue(undefined as never), TypeError, message);
  });

  test.each(numbers(false))("the capacity %o", (capacity, kind, seen) => {
    const message = `Cannot create a queue: "capacity" must be a positive integer, received ${seen}`;
    expectThrown(() => new Queue({ capacity } as never), kind, message);
  });

  test.each<Case>([
    ["sorted", TypeError, '"sorted"'],
    [5, TypeError, "5"],
    [{}, TypeError, "an object"],
  ])("the order %o", (order, kind, seen) => {
    const message = `Cannot create a queue: "order" must be "fifo", "lifo" or a function, received ${seen}`;
    expectThrown(() => new Queue({ capacity: 1, order } as never), kind, message);
  });

  test("a name that is no string", () => {
    const message = 'Cannot create a queue: "name" must be a string, received 5';
    expectThrown(() => new Queue({ capacity: 1, name: 5 as never }), TypeError, message);
  });
});

describe("channel() refuses", () => {
  test.each(numbers(true))("the capacity %o", (capacity, kind, seen) => {
    const message = `Cannot open a channel: "capacity" must be a non-negative integer, received ${seen}`;
    expectThrown(() => channel(capacity as never), kind, message);
  });

  test.each(notObjects)("the options %o", (options, seen) => {
    const message = `Cannot open a channel: "options" must be an object, received ${seen}`;
    expectThrown(() => channel(1, options as never), TypeError, message);
  });

  test.each<Case>([
    ["block", TypeError, '"block"'],
    [5, TypeError, "5"],
    [null, TypeError, "null"],
  ])("the overflow %o", (overflow, kind, seen) => {
    const message = `Cannot open a channel: "overflow" must be "wait", "dropOldest", "dropNewest" or "conflate", received ${seen}`;
    expectThrown(() => channel(1, { overflow } as never), kind, message);
  });

  test.each([
    ["dropOldest", 0, "positive"],
    ["dropNewest", 0, "positive"],
    ["conflate", 0, "1"],
    ["conflate", 2, "1"],
    ["conflate", Infinity, "1"],
  ] as const)("%s with the capacity %d", (overflow, capacity, what) => {
    const message = `Cannot open a channel: "capacity" must be ${what} with "${overflow}", received ${capacity}`;
    expectThrown(() => channel(capacity, { overflow }), RangeError, message);
  });

  test("an onUndelivered that is no function, and a name that is no string", () => {
    expectThrown(
      () => channel(1, { onUndelivered: 5 as never }),
      TypeError,
      'Cannot open a channel: "onUndelivered" must be a function, received 5',
    );
    expectThrown(
      () => channel(1, { name: 5 as never }),
      TypeError,
      'Cannot open a channel: "name" must be a string, received 5',
    );
  });
});

async function* one(): AsyncGenerator<number> {
  yield 1;
}

describe("safeChannel() refuses", () => {
  test.each<Case>([
    [undefined, TypeError, "undefined"],
    [5, TypeError, "5"],
    [Promise.resolve(), TypeError, "an object (a promise has already started)"],
  ])("the function %o", (fn, kind, seen) => {
    const message = `Cannot open a safe channel: "fn" must be a function, received ${seen}`;
    expectThrown(() => safeChannel(fn as never), kind, message);
  });

  test("wrong options and signals, and leaves no group open", async () => {
    const reports = await reportsDuring(() =>
      new CancelScope().run((scope) => {
        expectThrown(
          () => safeChannel(one, 5 as never),
          TypeError,
          'Cannot open a safe channel: "options" must be an object, received 5',
        );
        expectThrown(
          () => safeChannel(one, { ...at(scope), signal: {} as never }),
          TypeError,
          'Cannot wait: "signal" must be an AbortSignal, received an object',
        );
      }),
    );
    expect(reports).toEqual([]);
  });
});

describe("fromReadableStream() refuses", () => {
  test.each([undefined, null, 5, "text", {}])("the stream %o", (stream) => {
    const seen =
      typeof stream === "object" && stream !== null ? "an object" : JSON.stringify(stream);
    const message = `Cannot read a stream: "stream" must be a ReadableStream, received ${seen}`;
    expectThrown(() => fromReadableStream(stream as never), TypeError, message);
  });

  test("a stream that is being read", () => {
    const stream = new ReadableStream<number>();
    stream.getReader();
    expect(() => fromReadableStream(stream)).toThrow(TypeError);
  });

  test("wrong options, and leaves the stream alone", () => {
    const stream = new ReadableStream<number>();
    for (const options of [null, 5, { capacity: -1 }, { onUndelivered: 5 }]) {
      const error = thrownBy(() => fromReadableStream(stream, options as never));
      expect(String(error)).toMatch(/^(Type|Range)Error: Cannot (open a channel|read a stream): "/);
    }
    expect(stream.locked).toBe(false);
  });
});

test("toReadableStream() refuses what is no receiver", () => {
  for (const receiver of [undefined, null, 5, {}]) {
    const error = thrownBy(() => toReadableStream(receiver as never));
    expect(String(error)).toMatch(/^TypeError: Cannot [a-z ]+: "receiver" must be /);
  }
});

describe("fromEvents() refuses", () => {
  test.each([undefined, null, 5, "text", {}])("the target %o", (target) => {
    const error = thrownBy(() => fromEvents(target as never, "tick", { capacity: 1 }));
    expect(String(error)).toMatch(/^TypeError: Cannot listen to events: "/);
  });

  test("wrong options, and does not listen", () => {
    const emitter = new EventEmitter();
    const wrong = [undefined, null, 5, {}, { capacity: 0 }, { capacity: 1, overflow: "wait" }];
    for (const options of [...wrong, { capacity: 1, onUndelivered: 5 }]) {
      const error = thrownBy(() => fromEvents(emitter, "tick", options as never));
      expect(String(error)).toMatch(
        /^(Type|Range)Error: Cannot (listen to events|open a channel): "/,
      );
    }
    expect(emitter.eventNames()).toEqual([]);
  });
});
