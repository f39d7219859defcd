// Streams that are the sources of streams.
import { describe, expect, test } from "vitest";
import {
  type CancelScope,
  completed,
  filter,
  forEach,
  map,
  mapStream,
  merge,
  tee,
  timeout,
  TimeoutError,
} from "corral";
import { withVirtualClock } from "corral/testing";
import { at } from "../support/mode.ts";
import { reportsDuring } from "../support/reports.ts";
import { unhandledDuring } from "../support/unhandled.ts";
import { combiners, type Made, Probe, take } from "./probe.ts";

type Items = AsyncIterable<unknown>;
type Make = (source: Items, options: Made) => Items;

const streams: readonly (readonly [name: string, make: Make])[] = [
  ...combiners.map(([name, make]) => [name, make] as const),
  ["mapStream()", (items, made) => mapStream(items, (item) => item, { concurrency: 2, ...made })],
  ["filter()", (items, made) => filter(items, () => true, { concurrency: 2, ...made })],
  [
    "completed()",
    (items, made) => {
      const work = mapStream(items, (item) => () => item, { concurrency: 2, ...made });
      return completed(work, { concurrency: 2, ...made });
    },
  ],
  ["two branches of tee()", (items, made) => merge(tee(items, { capacity: 2, ...made }), made)],
];

/** Those that differ in how they read, and in what reads them. */
const inner = new Set(["mapStream()", "merge()", "two branches of tee()"]);

const pairs = streams.flatMap(([outer, wrap]) =>
  streams
    .filter(([name]) => inner.has(name))
    .map(
      ([name, make]) =>
        [
          outer,
          name,
          (items: Items, made: Made): Items => wrap(make(wrap(items, made), made), made),
        ] as const,
    ),
);

interface Use {
  readonly source: Probe;
  readonly reports: readonly string[];
  readonly unhandled: readonly unknown[];
  /** What it has thrown. */
  readonly outcome: unknown;
}

/** Uses a stream in a scope, and tells what is left of it when that has ended. */
async function using(
  source: Probe,
  make: (items: Items, made: Made) => Items,
  use: (stream: Items, scope: CancelScope) => Promise<unknown>,
): Promise<Use> {
  let outcome: unknown;
  let reports: string[] = [];
  const unhandled = await unhandledDuring(async () => {
    reports = await reportsDuring(() =>
      withVirtualClock(async () => {
        try {
          await timeout(1_000, (scope) => use(make(source, at(scope)), scope));
        } catch (error) {
          outcome = error;
        }
        expect(source.closed).toBe(source.closing);
      }),
    );
  });
  return { source, reports, unhandled, outcome };
}

describe.each(pairs)("%s over %s", (_outer, _name, make) => {
  test.each([0, 1, 4])("that is left after %i items closes all, and is not reported", async (n) => {
    const source = new Probe({ everyMs: 10, closeMs: 5 });
    const used = await using(source, make, (stream) => take(stream, n + 1));
    expect(used).toMatchObject({ reports: [], unhandled: [], outcome: undefined });
    expect(source.closed).toBe(1);
  });

  test("passes a failure of the source on as it is, once", async () => {
    const failure = new Error("source");
    const source = new Probe({ everyMs: 10, failsAt: 3, failure });
    const used = await using(source, make, (stream) => take(stream));
    expect(used).toMatchObject({ reports: [], unhandled: [] });
    expect(used.outcome).toBe(failure);
    expect(source.closing).toBe(0);
  });

  test.each([
    ["map", map],
    ["forEach", forEach],
  ] as const)(
    "is closed when %s() fails for an item, and not reported",
    async (_each, each: typeof map | typeof forEach) => {
      const failure = new Error("item");
      const source = new Probe({ everyMs: 10, closeMs: 5 });
      const fails = (_item: unknown, index: number): void => {
        if (index === 2) throw failure;
      };
      const used = await using(source, make, (stream, scope) =>
        (each as typeof map)(stream, fails, { concurrency: 2, ...at(scope) }),
      );
      expect(used).toMatchObject({ reports: [], unhandled: [] });
      expect(used.outcome).toBe(failure);
      expect(source.closed).toBe(1);
    },
  );

  test("is closed when the scope is cancelled in which it is read, and not reported", async () => {
    const source = new Probe({ everyMs: 300, closeMs: 5 });
    const used = await using(source, make, (stream) => take(stream));
    expect(used).toMatchObject({ reports: [], unhandled: [] });
    expect(used.outcome).toBeInstanceOf(TimeoutError);
    expect(source.closed).toBe(1);
  });
});
