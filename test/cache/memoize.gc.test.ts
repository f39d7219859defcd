// What a memoized function keeps, and what goes with what.
import { setImmediate as turn } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { memoize, memoizeMethod } from "corral";

const gc = (globalThis as { gc?: () => void }).gc!;

/** How many are still there, after some turns and collections. */
async function kept(refs: readonly WeakRef<object>[]): Promise<number> {
  for (let i = 0; i < 12 && refs.some((ref) => ref.deref() !== undefined); i++) {
    await turn();
    gc();
  }
  return refs.filter((ref) => ref.deref() !== undefined).length;
}

class Value {
  readonly of: unknown;

  constructor(of: unknown) {
    this.of = of;
  }
}

describe("memoizeMethod()", () => {
  class Service {
    load = load;
    shared = shared;
  }
  const load = memoizeMethod(async function (this: Service, _key: string) {
    // A value may hold its instance: it goes with it all the same.
    return new Value(this);
  });
  const shared = memoizeMethod(async (_key: string) => new Value(undefined));

  test("lets the cache and the values of an instance go with it", async () => {
    const refs: WeakRef<object>[] = [];
    const use = async (): Promise<void> => {
      const service = new Service();
      const values = [await service.load("a"), await service.load("b"), await service.shared("a")];
      expect(await service.load("a")).toBe(values[0]);
      refs.push(...[service, load.cacheOf(service), ...values].map((it) => new WeakRef(it)));
    };
    for (let i = 0; i < 3; i++) await use();
    expect(refs).toHaveLength(15);
    expect(await kept(refs)).toBe(0);
  });

  test("keeps them while the instance is there", async () => {
    const service = new Service();
    const refs: WeakRef<object>[] = [];
    const use = async (): Promise<void> =>
      void refs.push(new WeakRef(await service.load("a")), new WeakRef(load.cacheOf(service)));
    await use();
    expect(await kept(refs)).toBe(2);
    expect((await service.load("a")).of).toBe(service);
  });
});

describe("memoize()", () => {
  test("keeps neither the arguments of a call nor its this, nor what failed", async () => {
    const refs: WeakRef<object>[] = [];
    const fn = memoize(async (query: object, fail: boolean) => {
      if (fail) throw Object.assign(new Error("no"), { query });
      return "value";
    });
    const use = async (fail: boolean): Promise<void> => {
      const [query, self, controller] = [{ a: 1 }, {}, new AbortController()];
      const call = fn.call(self, query, fail);
      refs.push(...[query, self, controller.signal, call].map((it) => new WeakRef(it)));
      await call.catch((error: object) => refs.push(new WeakRef(error)));
    };
    await use(false);
    await use(true);
    expect(refs).toHaveLength(9);
    expect(await kept(refs)).toBe(0);
    expect(fn.cache.size).toBe(1);
  });

  test("lets values go that were evicted, deleted or replaced", async () => {
    const refs: WeakRef<object>[] = [];
    const fn = memoize(async (key: string) => new Value(key), { max: 2 });
    const use = async (): Promise<void> => {
      for (const key of ["evicted", "deleted", "replaced"]) {
        refs.push(new WeakRef(await fn(key)), new WeakRef(fn(key)));
      }
      fn.cache.delete("deleted");
      fn.cache.set("replaced", new Value("new"));
    };
    await use();
    expect(await kept(refs)).toBe(0);
    expect([fn.cache.size, fn.cache.has("replaced")]).toEqual([1, true]);
  });

  test("lets a function that nobody holds go, with its values", async () => {
    const refs: WeakRef<object>[] = [];
    const make = async (): Promise<void> => {
      const fn = memoize(async () => new Value(1));
      refs.push(new WeakRef(fn), new WeakRef(fn.cache), new WeakRef(await fn()));
    };
    await make();
    expect(await kept(refs)).toBe(0);
  });

  test("is kept by no object that is an argument, nor keeps it where its value is gone", async () => {
    const refs: WeakRef<object>[] = [];
    const long = new Value("lives on");
    const make = async (): Promise<void> => {
      const fn = memoize(async (_of: object) => new Value(1));
      const short = new Value("does not");
      refs.push(new WeakRef(fn), new WeakRef(await fn(long)), new WeakRef(short));
      await fn(short);
    };
    await make();
    expect([await kept(refs), long.of]).toEqual([0, "lives on"]);
  });
});
