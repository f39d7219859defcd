import { transform } from "esbuild";
import { describe, expect, test } from "vitest";
import { memoized, memoizeMethod } from "corral";
import { Loads, outcomeOf } from "./flights.ts";

class Shop {
  readonly name: string;
  calls: unknown[][] = [];

  constructor(name = "shop") {
    this.name = name;
  }

  async price(this: Shop, ...args: unknown[]): Promise<string> {
    this.calls.push(args);
    return `${this.name} ${this.calls.length}`;
  }
}

const price = memoizeMethod(Shop.prototype.price);

describe("memoizeMethod()", () => {
  test("keeps the values of each instance apart", async () => {
    const [one, other] = [new Shop("one"), new Shop("other")];
    const calls = [one, other, one].map((shop) => price.call(shop, "tea"));
    expect(await Promise.all(calls)).toEqual(["one 1", "other 1", "one 1"]);
    expect(await price.call(one, "tea")).toBe("one 1");
    expect([await price.call(one, "milk"), await price.call(other, "tea")]).toEqual([
      "one 2",
      "other 1",
    ]);
  });

  test("works as a field, as a method of the prototype, and as a static method", async () => {
    class Counter {
      static count = 0;
      static next = memoizeMethod(async function (this: typeof Counter) {
        return ++this.count;
      });
      count = 0;
      field = memoizeMethod(async function (this: Counter, _key: string) {
        return ++this.count;
      });
      declare method: (key: string) => Promise<number>;
    }
    Counter.prototype.method = memoizeMethod(async function (this: Counter, _key: string) {
      return ++this.count;
    });
    const [a, b] = [new Counter(), new Counter()];
    expect([await a.field("x"), await a.field("x"), await a.field("y")]).toEqual([1, 1, 2]);
    expect([await b.method("x"), await b.method("x"), await a.method("x")]).toEqual([1, 1, 3]);
    expect([await Counter.next(), await Counter.next()]).toEqual([1, 1]);
  });

  test("gives the cache of an instance, also before its first call", async () => {
    const [one, other] = [new Shop("one"), new Shop("other")];
    const cache = price.cacheOf(one);
    expect([cache.size, price.cacheOf(one) === cache]).toEqual([0, true]);
    expect(price.cacheOf(other)).not.toBe(cache);
    await price.call(one, "tea");
    expect([cache.size, price.cacheOf(other).size]).toEqual([1, 0]);
    cache.clear();
    expect(await price.call(one, "tea")).toBe("one 2");
    cache.set("tea", "put");
    expect(await price.call(one, "tea")).toBe("put");
  });

  test("applies its options to each instance", async () => {
    const few = memoizeMethod(Shop.prototype.price, { max: 1, key: (item) => String(item) });
    const [one, other] = [new Shop("one"), new Shop("other")];
    await few.call(one, "a");
    await few.call(other, "a");
    await few.call(one, "b");
    expect([few.cacheOf(one).size, few.cacheOf(other).size]).toEqual([1, 1]);
    expect([few.cacheOf(one).has("a"), few.cacheOf(other).has("a")]).toEqual([false, true]);
  });

  test("calls the key with the instance", async () => {
    const keyed = memoizeMethod(Shop.prototype.price, {
      key(item) {
        return `${this.name}/${String(item)}`;
      },
    });
    const shop = new Shop();
    await keyed.call(shop, "tea");
    expect(keyed.cacheOf(shop).has("shop/tea")).toBe(true);
  });

  test("lets each caller leave alone, by its signal", async () => {
    const loads = new Loads();
    const it = {
      load: memoizeMethod((_id: number, { signal }: { signal: AbortSignal }) =>
        loads.load({ signal }),
      ),
    };
    const [one, other] = [new AbortController(), new AbortController()];
    const calls = [one, other].map((caller) => outcomeOf(it.load(1, { signal: caller.signal })));
    one.abort("gone");
    expect([loads.begun.length, loads.aborted]).toEqual([1, [false]]);
    other.abort("gone, too");
    expect(loads.aborted).toEqual([true]);
    expect(await Promise.all(calls)).toEqual([{ reason: "gone" }, { reason: "gone, too" }]);
  });

  test.each([undefined, null, 5, "text", true, Symbol("none")])(
    "rejects a call whose this is %o, and refuses its cache",
    async (instance) => {
      const text = typeof instance === "string" ? '"text"' : String(instance);
      const error = new TypeError(
        `Cannot call a memoized method: "this" must be an object, received ${text}`,
      );
      await expect(price.call(instance as never)).rejects.toEqual(error);
      expect(() => price.cacheOf(instance as never)).toThrow(error);
    },
  );

  test("takes a function as its instance", async () => {
    const instance = Object.assign(() => {}, { calls: [] });
    expect(await price.call(instance as never)).toMatch(/ 1$/);
  });

  test("has the name of the method, and makes an async one of one that is not", async () => {
    expect(price.name).toBe("price");
    const it = { twice: memoizeMethod((n: number) => n * 2) };
    expect(it.twice(2)).toBeInstanceOf(Promise);
    expect(await it.twice(2)).toBe(4);
  });
});

describe("memoized()", () => {
  const context = { kind: "method", name: "price" } as never;

  test("memoizes the method that it is put on, for each instance", async () => {
    const decorated = memoized<Shop["price"]>({ max: 1 })(Shop.prototype.price, context);
    const [one, other] = [new Shop("one"), new Shop("other")];
    expect([
      await decorated.call(one, "tea"),
      await decorated.call(one, "tea"),
      await decorated.call(other, "tea"),
      await decorated.call(one, "milk"),
      await decorated.call(one, "tea"),
    ]).toEqual(["one 1", "one 1", "other 1", "one 2", "one 3"]);
    expect(decorated.name).toBe("price");
  });

  test("works without options", async () => {
    const decorated = memoized<Shop["price"]>()(Shop.prototype.price, context);
    const shop = new Shop();
    expect([await decorated.call(shop), await decorated.call(shop)]).toEqual(["shop 1", "shop 1"]);
  });

  test("works as it is written", async () => {
    const code = `
      class Shop {
        static made = 0;
        calls = 0;
        @memoized({ key: (item) => item.toLowerCase() })
        async price(item: string): Promise<string> {
          return \`\${item} \${++this.calls}\`;
        }
        @memoized()
        static async open(): Promise<number> {
          return ++Shop.made;
        }
      }
      const [one, other] = [new Shop(), new Shop()];
      return [
        await one.price("Tea"), await one.price("tea"), await other.price("TEA"),
        await Shop.open(), await Shop.open(),
      ];
    `;
    const { code: lowered } = await transform(`async function run() {${code}}`, {
      loader: "ts",
      target: "es2022",
    });
    // oxlint-disable-next-line typescript/no-implied-eval -- Node runs no decorators yet
    const run = new Function("memoized", `${lowered}; return run();`) as (
      it: typeof memoized,
    ) => Promise<unknown[]>;
    expect(await run(memoized)).toEqual(["Tea 1", "Tea 1", "TEA 1", 1, 1]);
  });
});
