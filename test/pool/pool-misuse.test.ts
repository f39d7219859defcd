import { describe, expect, test } from "vitest";
import { KeyedPool, Pool } from "corral";
import { thingPool } from "./things.ts";

const create = (): object => ({});

const bad: [string, object | undefined, string][] = [
  ["no options", undefined, '"create" must be a function, received undefined'],
  ["options that are none", 1 as never, '"options" must be an object, received 1'],
  ["no create", {}, '"create" must be a function, received undefined'],
  ["a name", { create, name: 1 }, '"name" must be a string, received 1'],
  ["destroy", { create, destroy: 1 }, '"destroy" must be a function, received 1'],
  ["validate", { create, validate: "x" }, '"validate" must be a function, received "x"'],
  ["reset", { create, reset: {} }, '"reset" must be a function, received an object'],
  ["isBroken", { create, isBroken: 1 }, '"isBroken" must be a function, received 1'],
  ["onEvent", { create, onEvent: 1 }, '"onEvent" must be a function, received 1'],
  ["backoff", { create, backoff: 5 }, '"backoff" must be a function, received 5'],
  ["acquireTimeoutMs", { create, acquireTimeoutMs: "1" }, '"acquireTimeoutMs" must be a number'],
  ["maxIdleMs", { create, maxIdleMs: Number.NaN }, '"maxIdleMs" must be a number'],
  ["resetTimeoutMs", { create, resetTimeoutMs: Infinity }, '"resetTimeoutMs" must be finite'],
  ["destroyTimeoutMs", { create, destroyTimeoutMs: Infinity }, '"destroyTimeoutMs" must be finite'],
  [
    "lifetimeJitter",
    { create, lifetimeJitter: 2 },
    '"lifetimeJitter" must be a number from 0 to 1',
  ],
  ["lifetimeJitter", { create, lifetimeJitter: "1" }, '"lifetimeJitter" must be a number from 0'],
  ["maxUses", { create, maxUses: 0 }, '"maxUses" must be a positive integer, received 0'],
  ["onCreateError", { create, onCreateError: "x" }, '"onCreateError" must be "reject" or "retry"'],
];

const poolOnly: [string, object, string][] = [
  ["max", { create, max: 0 }, '"max" must be a positive integer, received 0'],
  ["min", { create, min: -1 }, '"min" must be a non-negative integer, received -1'],
  ["min above max", { create, min: 3, max: 2 }, '"min" must be at most 2, as "max" is, received 3'],
  ["eager", { create, eager: 1 }, '"eager" must be a boolean, received 1'],
];

const keyedOnly: [string, object, string][] = [
  ["max", { create, max: "1" }, '"max" must be a positive integer or a function, received "1"'],
  ["total", { create, total: 0.5 }, '"total" must be a positive integer, received 0.5'],
];

describe("new Pool() refuses", () => {
  test.each([...bad, ...poolOnly])("%s", (_, options, message) => {
    expect(() => new Pool(options as never)).toThrow(`Cannot create a pool: ${message}`);
  });
});

describe("new KeyedPool() refuses", () => {
  test.each([...bad, ...keyedOnly])("%s", (_, options, message) => {
    expect(() => new KeyedPool(options as never)).toThrow(`Cannot create a keyed pool: ${message}`);
  });
});

describe("a call refuses", () => {
  test("what is no option, and changes nothing", async () => {
    const { pool, things } = thingPool();
    const calls: [Promise<unknown>, string][] = [
      [pool.acquire(1 as never), 'Cannot acquire from a pool: "options" must be an object'],
      [pool.acquire({ timeoutMs: "1" as never }), '"timeoutMs" must be a number of milliseconds'],
      [pool.acquire({ name: 1 as never }), '"name" must be a string, received 1'],
      [pool.acquire({ signal: {} as never }), '"signal" must be an AbortSignal'],
      [pool.run(1 as never), 'Cannot run with a pool: "fn" must be a function, received 1'],
      [pool.run(() => {}, { timeoutMs: NaN }), '"timeoutMs" must be a number of milliseconds'],
      [pool.warm(-1), 'Cannot warm a pool: "count" must be a non-negative integer, received -1'],
      [pool.warm(3), 'Cannot warm a pool: "count" must be at most 2, as "max" is, received 3'],
      [pool.close({ graceMs: "1" as never }), '"graceMs" must be a number of milliseconds'],
      [pool.close({ signal: 1 as never }), '"signal" must be an AbortSignal'],
    ];
    for (const [call, message] of calls) await expect(call).rejects.toThrow(message);
    expect([things, pool.waiting, pool.closed]).toEqual([[], 0, false]);
  });

  test("a count above the total, and a key whose max is none", async () => {
    const pool = new KeyedPool({ create, max: (key: number) => key, total: 3 });
    await expect(pool.warm(5, 4)).rejects.toThrow('"count" must be at most 3, as "total" is');
    await expect(pool.warm(2, 3)).rejects.toThrow('"count" must be at most 2, as "max" is');
    await expect(pool.acquire(0)).rejects.toThrow('"max(key)" must be a positive integer');
    expect(pool.keys).toBe(0);
  });
});
