import { runInNewContext } from "node:vm";
import { describe, expect, test } from "vitest";
import { batch } from "corral";

type Outcome = PromiseSettledResult<unknown>;

/** How the loads of 1, 2, 2 and 3 end when `loadMany` gives `results` for them. */
function outcomesOf(loadMany: (keys: readonly number[]) => unknown): Promise<Outcome[]> {
  const load = batch(loadMany as (keys: readonly number[]) => unknown[]);
  return Promise.allSettled([load(1), load(2), load(2), load(3)]);
}

async function reasonsOf(loadMany: (keys: readonly number[]) => unknown): Promise<unknown[]> {
  const outcomes = await outcomesOf(loadMany);
  return outcomes.map((outcome) => {
    if (outcome.status === "fulfilled") throw new Error(`gave ${String(outcome.value)}`);
    return outcome.reason;
  });
}

async function valuesOf(loadMany: (keys: readonly number[]) => unknown): Promise<unknown[]> {
  const outcomes = await outcomesOf(loadMany);
  return outcomes.map((outcome) => {
    if (outcome.status === "rejected") throw outcome.reason;
    return outcome.value;
  });
}

const falsy = [undefined, null, 0, "", false, Number.NaN];

describe("an array", () => {
  test("gives each key what is in its place, whatever that is", async () => {
    for (const value of falsy) {
      expect(await valuesOf(() => [value, "b", value])).toEqual([value, "b", "b", value]);
    }
  });

  test("may be given at once, by a promise, or by anything with a `then`", async () => {
    const list = ["a", "b", "c"];
    const thenable = {
      // oxlint-disable-next-line unicorn/no-thenable -- that is the point
      then: (resolve: (value: unknown) => void) => resolve(list),
    };
    for (const given of [list, Object.freeze([...list]), Promise.resolve(list), thenable]) {
      expect(await valuesOf(() => given)).toEqual(["a", "b", "b", "c"]);
    }
  });

  test("with holes gives undefined for them", async () => {
    const holes: unknown[] = [];
    holes.length = 3;
    holes[2] = "c";
    expect(await valuesOf(() => holes)).toEqual([undefined, undefined, undefined, "c"]);
  });

  test("rejects those who asked for a key with the Error in its place, and nobody else", async () => {
    const error = new RangeError("no such key");
    const outcomes = await outcomesOf(() => ["a", error, "c"]);
    expect(outcomes).toEqual([
      { status: "fulfilled", value: "a" },
      { status: "rejected", reason: error },
      { status: "rejected", reason: error },
      { status: "fulfilled", value: "c" },
    ]);
    const reasons = outcomes.map((outcome) => (outcome as PromiseRejectedResult).reason);
    expect([reasons[1] === error, reasons[2] === error]).toEqual([true, true]);
  });

  test("may have one Error for several keys, an error of the platform, or one of another realm", async () => {
    const foreign: unknown = runInNewContext("new TypeError('foreign')");
    expect(foreign).not.toBeInstanceOf(Error);
    for (const error of [new Error("shared"), new DOMException("no", "DataError"), foreign]) {
      const reasons = await reasonsOf(() => [error, error, error]);
      expect(reasons.every((reason) => reason === error)).toBe(true);
    }
  });

  test("may have functions, and objects that only look like an error", async () => {
    const odd = [() => {}, { name: "Error", message: "no", stack: "" }, Object.create(null)];
    expect(await valuesOf(() => odd)).toEqual([odd[0], odd[1], odd[1], odd[2]]);
  });
});

describe("a Map", () => {
  test("gives each key what it has for it, and undefined for what it does not have", async () => {
    const map = new Map<number, unknown>([
      [3, "c"],
      [1, null],
      [4, "nobody asked for it"],
    ]);
    expect(await valuesOf(() => map)).toEqual([null, undefined, undefined, "c"]);
    expect(await valuesOf(async () => map)).toEqual([null, undefined, undefined, "c"]);
  });

  test("rejects those who asked for a key with the Error that it has for it", async () => {
    const error = new Error("no such key");
    const outcomes = await outcomesOf(() => new Map<number, unknown>([[2, error]]));
    expect(outcomes.map(({ status }) => status)).toEqual([
      "fulfilled",
      "rejected",
      "rejected",
      "fulfilled",
    ]);
  });

  test("is asked by the keys that were sent, not by what `key` gives", async () => {
    const load = batch(
      (keys: readonly { id: number }[]) => new Map(keys.map((key) => [key, key.id])),
      { key: ({ id }) => id },
    );
    expect(await load.many([{ id: 1 }, { id: 2 }, { id: 1 }])).toEqual([1, 2, 1]);
  });

  test("that throws rejects all with that", async () => {
    const oops = new Error("oops");
    const map = {
      get: () => {
        throw oops;
      },
    };
    expect(await reasonsOf(() => map)).toEqual([oops, oops, oops, oops]);
  });
});

describe("what is no result for each key rejects all with one TypeError:", () => {
  const must = 'Cannot load a batch: "loadMany" must give';
  const promises = "results, received a promise (Promise.all waits for many)";
  const cases: [string, unknown, string][] = [
    ["too few", ["a", "b"], "one result for each key, 3, received 2"],
    ["too many", ["a", "b", "b", "c"], "one result for each key, 3, received 4"],
    ["nothing", undefined, "an array or a Map, received undefined"],
    ["null", null, "an array or a Map, received null"],
    ["a number", 5, "an array or a Map, received 5"],
    ["a text", "abc", 'an array or a Map, received "abc"'],
    ["an object", { 1: "a", 2: "b", 3: "c" }, "an array or a Map, received an object"],
    ["a Set", new Set(["a", "b", "c"]), "an array or a Map, received an object"],
    ["an array of bytes", new Uint8Array(3), "an array or a Map, received an object"],
    ["promises", ["a", Promise.resolve("b"), "c"], promises],
    ["a Map of promises", new Map([[1, Promise.resolve("a")]]), promises],
  ];
  test.each(cases)("%s", async (_, given, message) => {
    for (const loadMany of [() => given, async () => given]) {
      const [first, ...others] = await reasonsOf(loadMany);
      expect(first).toBeInstanceOf(TypeError);
      expect((first as Error).message).toBe(`${must} ${message}`);
      expect(others.every((other) => other === first)).toBe(true);
    }
  });
});

describe("what loadMany throws is what all of the batch reject with:", () => {
  const errors = [new Error("down"), ...falsy, "text"];
  const ways: [string, (error: unknown) => () => unknown][] = [
    [
      "at once",
      (error) => () => {
        throw error;
      },
    ],
    ["later", (error) => () => Promise.reject(error)],
  ];
  test.each(ways)("%s", async (_, way) => {
    for (const error of errors) {
      const reasons = await reasonsOf(way(error));
      expect(reasons).toHaveLength(4);
      for (const reason of reasons) expect(Object.is(reason, error)).toBe(true);
    }
  });
});

test("a batch that fails is none of the next one's business", async () => {
  let fails = true;
  const load = batch((keys: readonly number[]) => {
    if (fails) throw new Error("down");
    return keys;
  });
  await expect(load(1)).rejects.toThrow("down");
  fails = false;
  expect(await load(1)).toBe(1);
});
