import { expectTypeOf, test } from "vitest";
import {
  AsyncLru,
  memoize,
  memoized,
  type Memoized,
  type MemoCache,
  type MemoCacheStats,
  memoizeMethod,
} from "corral";

interface User {
  readonly id: number;
}

async function user(id: number, _options?: { signal?: AbortSignal }): Promise<User> {
  return { id };
}

test("memoize() keeps the type of an async function", () => {
  const find = memoize(user);
  expectTypeOf(find(1)).toEqualTypeOf<Promise<User>>();
  expectTypeOf(find).parameters.toEqualTypeOf<Parameters<typeof user>>();
  expectTypeOf(find).toExtend<typeof user>();
  expectTypeOf(find).toEqualTypeOf<Memoized<typeof user>>();
  // @ts-expect-error -- another argument
  void find("1");
  // @ts-expect-error -- an argument is missing
  void find();
  expectTypeOf(memoize(async () => {})()).toEqualTypeOf<Promise<void>>();
});

async function load(id: number): Promise<User>;
async function load(name: string): Promise<User[]>;
async function load(of: number | string): Promise<User | User[]> {
  return typeof of === "number" ? { id: of } : [];
}

test("memoize() keeps overloads, generics and this", () => {
  const either = memoize(load);
  expectTypeOf(either(1)).toEqualTypeOf<Promise<User>>();
  expectTypeOf(either("a")).toEqualTypeOf<Promise<User[]>>();
  // @ts-expect-error -- neither
  void either(true);

  const same = memoize(async <T>(value: T): Promise<T> => value);
  expectTypeOf(same(1 as const)).toEqualTypeOf<Promise<1>>();
  expectTypeOf(same("a" as const)).toEqualTypeOf<Promise<"a">>();

  const own = memoize(async function (this: User, more: number) {
    return this.id + more;
  });
  expectTypeOf(own.call({ id: 1 }, 2)).toEqualTypeOf<Promise<number>>();
  // @ts-expect-error -- its this is missing
  void own(2);
});

test("memoize() makes an async function of one that is not", () => {
  const square = memoize((n: number) => n * n);
  expectTypeOf(square).toBeCallableWith(2);
  expectTypeOf(square(2)).toEqualTypeOf<Promise<number>>();
  const thenable = memoize((n: number): PromiseLike<number> => Promise.resolve(n));
  expectTypeOf(thenable(2)).toEqualTypeOf<Promise<number>>();
  const either = memoize((n: number) => (n > 1 ? n : Promise.resolve(`${n}`)));
  expectTypeOf(either(2)).toEqualTypeOf<Promise<number | string>>();
  const own = memoize(function (this: User) {
    return this.id;
  });
  // @ts-expect-error -- its this is missing
  void own();
});

test("a memoized function has its cache, by the keys of its calls", () => {
  const find = memoize(user);
  expectTypeOf(find.cache).toEqualTypeOf<MemoCache<unknown, User>>();
  expectTypeOf(find.cache.peek(1)).toEqualTypeOf<User | undefined>();
  expectTypeOf(find.cache.has(1)).toEqualTypeOf<boolean>();
  expectTypeOf(find.cache.delete(find.keyOf(1))).toEqualTypeOf<boolean>();
  expectTypeOf(find.cache.stats()).toEqualTypeOf<MemoCacheStats>();
  find.cache.set(1, { id: 1 }, { ttlMs: 5, size: undefined });
  // @ts-expect-error -- another value
  find.cache.set(1, "user");
  // @ts-expect-error -- a promise is no value
  find.cache.set(1, user(1));
  // @ts-expect-error -- another argument
  find.keyOf("1");
  // @ts-expect-error -- read only
  find.cache = memoize(user).cache;
  const square = memoize((n: number) => n * n);
  expectTypeOf(square.cache.peek(1)).toEqualTypeOf<number | undefined>();
});

test("memoize() takes options, by the function's arguments and values", () => {
  memoize(user, {
    max: undefined,
    maxSize: 10,
    sizeOf: (value, key) => {
      expectTypeOf(value).toEqualTypeOf<User>();
      expectTypeOf(key).toEqualTypeOf<unknown>();
      return value.id;
    },
    ttlMs: (value) => value.id,
    staleWhileRevalidateMs: undefined,
    staleIfErrorMs: 5,
    negativeTtlMs: 5,
    isNegative: (result) => {
      expectTypeOf(result).toEqualTypeOf<PromiseSettledResult<User>>();
      return result.status === "rejected";
    },
    keepAlive: true,
    key: (id, options) => {
      expectTypeOf(id).toEqualTypeOf<number>();
      expectTypeOf(options).toEqualTypeOf<{ signal?: AbortSignal } | undefined>();
      return id;
    },
  });
  memoize(user, { cache: new AsyncLru<number, User>(), key: (id) => id });
  memoize(user, { cache: undefined, key: undefined, ttlMs: undefined });
  memoize(
    async function (this: User) {
      return this.id;
    },
    {
      key() {
        expectTypeOf(this).toEqualTypeOf<User>();
        return this.id;
      },
    },
  );
  // @ts-expect-error -- a cache of other values
  memoize(user, { cache: new AsyncLru<number, string>() });
  // @ts-expect-error -- another argument
  memoize(user, { key: (id: string) => id });
  // @ts-expect-error -- no such option
  memoize(user, { ttl: 5 });
  // @ts-expect-error -- a number
  memoize(user, { max: "5" });
  // @ts-expect-error -- no function
  memoize(user(1));
});

test("memoizeMethod() keeps the type of the method, and has a cache for each instance", () => {
  const method = memoizeMethod(async function (this: User, more: number) {
    return `${this.id + more}`;
  });
  const it = { id: 1, method };
  expectTypeOf(it.method(2)).toEqualTypeOf<Promise<string>>();
  expectTypeOf(method.cacheOf(it)).toEqualTypeOf<MemoCache<unknown, string>>();
  // @ts-expect-error -- another argument
  void it.method("2");
  // @ts-expect-error -- its this is missing
  void method(2);
  // @ts-expect-error -- an object
  method.cacheOf(1);
  // @ts-expect-error -- each instance has its own
  memoizeMethod(user, { cache: new AsyncLru<unknown, User>() });
  expectTypeOf(memoizeMethod((n: number) => n)(1)).toEqualTypeOf<Promise<number>>();
});

test("memoized() is a decorator of async methods", () => {
  class Shop {
    readonly name = "shop";

    @memoized({ ttlMs: 60_000, key: (item: string) => item.length })
    async price(item: string): Promise<number> {
      return item.length;
    }

    @memoized()
    async open(): Promise<string> {
      return this.name;
    }

    @memoized({ max: 5 })
    static async make(_name: string): Promise<Shop> {
      return new Shop();
    }

    // @ts-expect-error -- another argument
    @memoized({ key: (item: number) => item })
    async other(item: string): Promise<string> {
      return item;
    }

    // @ts-expect-error -- it would give a promise
    @memoized()
    count(): number {
      return 1;
    }
  }
  expectTypeOf(new Shop().price("tea")).toEqualTypeOf<Promise<number>>();
  expectTypeOf(Shop.make("shop")).toEqualTypeOf<Promise<Shop>>();
});
