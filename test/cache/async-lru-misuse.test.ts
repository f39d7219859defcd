import { describe, expect, test } from "vitest";
import { AsyncLru } from "corral";
import { settle } from "../support/settle.ts";
import { expectConsistent } from "./consistent.ts";

const noOptions = [null, 5, "text", true, () => {}, new AbortController().signal];

const count = "must be a positive integer";
const ms = "must be a number of milliseconds";
const fn = "must be a function";
const part = "must be a number from 0 to 1";

const badOptions: readonly [string, unknown, string, typeof TypeError | typeof RangeError][] = [
  ...["max", "maxSize"].flatMap((name): typeof badOptions => [
    [name, 0, `${count}, received 0`, RangeError],
    [name, -1, `${count}, received -1`, RangeError],
    [name, 1.5, `${count}, received 1.5`, RangeError],
    [name, Number.NaN, `${count}, received NaN`, RangeError],
    [name, "5", `${count}, received "5"`, TypeError],
    [name, null, `${count}, received null`, TypeError],
  ]),
  ...[
    "ttlMs",
    "staleWhileRevalidateMs",
    "staleIfErrorMs",
    "negativeTtlMs",
    "refreshAheadMs",
    "tierLeaseMs",
  ].flatMap((name): typeof badOptions => [
    [name, Number.NaN, `${ms}, received NaN`, RangeError],
    [name, "5", `${ms}, received "5"`, TypeError],
    [name, null, `${ms}, received null`, TypeError],
  ]),
  ...["load", "sizeOf", "isNegative", "eviction", "tagsOf", "dispose", "onEvent"].flatMap(
    (name): typeof badOptions => [
      [name, 5, `${fn}, received 5`, TypeError],
      [name, null, `${fn}, received null`, TypeError],
    ],
  ),
  ...["keepAlive", "sliding"].flatMap((name): typeof badOptions => [
    [name, 1, "must be a boolean, received 1", TypeError],
    [name, null, "must be a boolean, received null", TypeError],
  ]),
  ["jitter", -0.1, `${part}, received -0.1`, RangeError],
  ["jitter", 1.1, `${part}, received 1.1`, RangeError],
  ["jitter", Number.NaN, `${part}, received NaN`, RangeError],
  ["jitter", "0.5", `${part}, received "0.5"`, TypeError],
  ["name", 5, "must be a string, received 5", TypeError],
];

/** A cache of one value, whose loads are counted. */
function one(options = {}): { readonly cache: AsyncLru<string, number>; loads: () => number } {
  let loads = 0;
  const cache = new AsyncLru<string, number>({ load: () => ++loads, ...options });
  cache.set("a", 1);
  return { cache, loads: () => loads };
}

/** That nothing is as it was not. */
async function expectUntouched({ cache, loads }: ReturnType<typeof one>): Promise<void> {
  await settle();
  expect([[...cache.entries()], cache.table.size, loads()]).toEqual([[["a", 1]], 1, 0]);
  expect(cache.stats()).toMatchObject({ hits: 0, misses: 0, loads: 0, loading: 0 });
  expectConsistent(cache);
}

describe("new AsyncLru()", () => {
  test.each(noOptions)("refuses the options %o", (options) => {
    expect(() => new AsyncLru(options as never)).toThrow(
      /^Cannot create a cache: "options" must be an object, received /,
    );
    expect(() => new AsyncLru(options as never)).toThrow(TypeError);
  });

  test.each(badOptions)("refuses %s: %o, which %s", (name, value, said, kind) => {
    expect(() => new AsyncLru({ [name]: value })).toThrow(
      new kind(`Cannot create a cache: "${name}" ${said}`),
    );
  });

  test("takes options that are undefined for none", async () => {
    const names = badOptions.map(([name]) => [name, undefined]);
    const cache = new AsyncLru<string, number>({
      ...Object.fromEntries(names),
      tier: undefined,
      load: () => 1,
    });
    expect([await cache.get("a"), cache.name]).toEqual([1, undefined]);
  });
});

describe("what waits", () => {
  const methods: [string, string, (cache: AsyncLru<string, number>, how: never) => unknown][] = [
    ["get()", "get a value", (cache, how) => cache.get("b", how)],
    ["get() of what is there", "get a value", (cache, how) => cache.get("a", how)],
    ["getMany()", "get values", (cache, how) => cache.getMany(["b"], how)],
    ["refresh()", "refresh a value", (cache, how) => cache.refresh("a", how)],
    ["lease()", "lease a value", (cache, how) => cache.lease("b", how)],
    ["lease() of what is there", "lease a value", (cache, how) => cache.lease("a", how)],
  ];
  test.each(methods)(
    "%s rejects for bad options, and has done nothing",
    async (_, action, call) => {
      const it = one();
      for (const options of noOptions) {
        await expect(call(it.cache, options as never)).rejects.toThrow(
          new RegExp(`^Cannot ${action}: "options" must be an object, received `),
        );
      }
      for (const signal of [null, 5, {}, new AbortController()]) {
        await expect(call(it.cache, { signal } as never)).rejects.toThrow(
          /"signal" must be an AbortSignal, received /,
        );
      }
      await expectUntouched(it);
    },
  );
});

describe("set()", () => {
  const sizeSaid = "must be a number of at least 0";
  const bad: [unknown, string, typeof TypeError | typeof RangeError][] = [
    [{ ttlMs: Number.NaN }, `"ttlMs" ${ms}, received NaN`, RangeError],
    [{ ttlMs: "5" }, `"ttlMs" ${ms}, received "5"`, TypeError],
    [{ size: -1 }, `"size" ${sizeSaid}, received -1`, RangeError],
    [{ size: Number.NaN }, `"size" ${sizeSaid}, received NaN`, RangeError],
    [{ size: "1" }, `"size" ${sizeSaid}, received "1"`, TypeError],
    [{ tags: "a" }, '"tags" must be an iterable of strings, received "a"', TypeError],
    ...noOptions.map((options): (typeof bad)[number] => [
      options,
      '"options" must be an object, received',
      TypeError,
    ]),
  ];

  test.each(bad)("refuses the options %o, and has done nothing", async (options, said, kind) => {
    for (const it of [one(), one({ maxSize: 10 })]) {
      for (const key of ["a", "b"]) {
        const set = (): void => it.cache.set(key, 2, options as never);
        expect(set).toThrow(kind);
        expect(set).toThrow(`Cannot keep a value: ${said}`);
      }
      await expectUntouched(it);
    }
  });

  // oxlint-disable-next-line unicorn/no-thenable -- what is tested
  test.each([Promise.resolve(1), { then: () => {} }])("refuses the promise %o", async (value) => {
    const it = one();
    expect(() => it.cache.set("a", value as never)).toThrow(
      new TypeError('Cannot keep a value: "value" must be no promise, received a promise'),
    );
    await expectUntouched(it);
  });

  test("does not end a load that is under way when it throws", async () => {
    const { cache } = one();
    const wait = cache.refresh("a");
    expect(() => cache.set("a", 5, { ttlMs: Number.NaN })).toThrow(RangeError);
    expect([await wait, cache.peek("a")]).toEqual([1, 1]);
    expect(cache.stats().loads).toBe(1);
  });
});

describe("deleteTag() and deleteWhere()", () => {
  test.each([undefined, null, 5, ["a"], Symbol("tag")])("refuse %o", async (value) => {
    const it = one();
    expect(() => it.cache.deleteTag(value as never)).toThrow(TypeError);
    expect(() => it.cache.deleteTag(value as never)).toThrow(
      /^Cannot delete a tag: "tag" must be a string, received /,
    );
    expect(() => it.cache.deleteWhere(value as never)).toThrow(
      /^Cannot delete values: "predicate" must be a function, received /,
    );
    await expectUntouched(it);
  });
});
