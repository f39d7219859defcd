import { expectTypeOf, test } from "vitest";
import {
  AsyncLru,
  type AsyncLruOptions,
  type AsyncLruStats,
  type CacheDump,
  type CacheEvent,
  type CacheLease,
  type CancelScope,
  type DropReason,
  type Keeping,
  type LruSetOptions,
} from "corral";

interface User {
  readonly id: number;
}

declare const cache: AsyncLru<number, User>;
// What a function may hold that passes its own optional parameters on.
declare const signal: AbortSignal | undefined;
declare const ms: number | undefined;

test("a cache takes its keys and values from its type arguments, or from its load", () => {
  const loaded = new AsyncLru({ load: async (id: number) => ({ id }) });
  expectTypeOf(loaded).toEqualTypeOf<AsyncLru<number, { id: number }>>();
  expectTypeOf(new AsyncLru({ load: (id: string) => id.length })).toEqualTypeOf<
    AsyncLru<string, number>
  >();
  void new AsyncLru<number, User>({
    load: (id, scope, keeping) => {
      expectTypeOf(id).toEqualTypeOf<number>();
      expectTypeOf(scope).toEqualTypeOf<CancelScope>();
      expectTypeOf(keeping).toEqualTypeOf<Keeping<User>>();
      expectTypeOf(keeping.previous).toEqualTypeOf<User | undefined>();
      keeping.ttlMs = 5;
      keeping.size = 5;
      keeping.tags = ["a"];
      // @ts-expect-error -- read only
      keeping.previous = { id };
      return { id };
    },
  });
  void new AsyncLru<number, User>();
});

test("a cache takes options, those that are undefined too", () => {
  void new AsyncLru<number, User | undefined>({
    load: undefined,
    max: undefined,
    maxSize: Infinity,
    sizeOf: (user, id) => (user?.id ?? 0) + id,
    ttlMs: ms,
    jitter: 0.1,
    sliding: undefined,
    staleWhileRevalidateMs: ms,
    staleIfErrorMs: ms,
    refreshAheadMs: ms,
    negativeTtlMs: ms,
    isNegative: (result, id) => {
      expectTypeOf(result).toEqualTypeOf<PromiseSettledResult<User | undefined>>();
      return result.status === "rejected" && id > 0;
    },
    keepAlive: undefined,
    tagsOf: (user) => new Set([`${user?.id}`]),
    dispose: async (user, id, reason) => {
      expectTypeOf(user).toEqualTypeOf<User | undefined>();
      expectTypeOf(id).toEqualTypeOf<number>();
      expectTypeOf(reason).toEqualTypeOf<DropReason>();
    },
    onEvent: (event) => {
      expectTypeOf(event).toEqualTypeOf<CacheEvent<number>>();
      expectTypeOf(event.error).toEqualTypeOf<unknown>();
    },
    name: undefined,
  });
  void new AsyncLru<number, User>({ ttlMs: (user, id) => user.id + id });
  expectTypeOf<AsyncLruOptions<number, User>["ttlMs"]>().toEqualTypeOf<
    number | ((value: User, key: number) => number) | undefined
  >();
  expectTypeOf<DropReason>().toEqualTypeOf<"evicted" | "replaced" | "deleted" | "unkept">();
  expectTypeOf<CacheEvent<number>["kind"]>().toEqualTypeOf<
    "hit" | "staleHit" | "miss" | "load" | "failure" | "eviction"
  >();
});

test("a cache gives promises of values, and values that may be missing", async () => {
  expectTypeOf(cache.get(1)).toEqualTypeOf<Promise<User>>();
  expectTypeOf(cache.get(1, { signal })).toEqualTypeOf<Promise<User>>();
  expectTypeOf(cache.getMany(new Set([1]), { signal })).toEqualTypeOf<Promise<User[]>>();
  expectTypeOf(cache.refresh(1, { signal })).toEqualTypeOf<Promise<User>>();
  expectTypeOf(cache.peek(1)).toEqualTypeOf<User | undefined>();
  expectTypeOf(cache.has(1)).toEqualTypeOf<boolean>();
  expectTypeOf(cache.prefetch(1)).toEqualTypeOf<void>();
  expectTypeOf(cache.entries()).toEqualTypeOf<IterableIterator<[number, User]>>();
  expectTypeOf(cache.stats()).toEqualTypeOf<AsyncLruStats>();
  expectTypeOf(cache.settled()).toEqualTypeOf<Promise<void>>();
  expectTypeOf(cache.dump()).toEqualTypeOf<CacheDump<number, User>>();
  expectTypeOf(cache.restore(cache.dump())).toEqualTypeOf<void>();
  const lease = await cache.lease(1, { signal });
  expectTypeOf(lease).toEqualTypeOf<CacheLease<User>>();
  expectTypeOf(lease.value).toEqualTypeOf<User>();
  using same = lease;
  expectTypeOf(same.release()).toEqualTypeOf<void>();
});

test("a cache is changed by set() and the ways to delete", () => {
  expectTypeOf(cache.set(1, { id: 1 })).toEqualTypeOf<void>();
  cache.set(1, { id: 1 }, { ttlMs: ms, size: ms, tags: undefined });
  cache.set(1, { id: 1 }, { tags: new Set(["a"]) });
  expectTypeOf<LruSetOptions["tags"]>().toEqualTypeOf<Iterable<string> | undefined>();
  expectTypeOf(cache.delete(1)).toEqualTypeOf<boolean>();
  expectTypeOf(cache.deleteTag("a")).toEqualTypeOf<number>();
  expectTypeOf(cache.deleteWhere((user, id) => user.id === id)).toEqualTypeOf<number>();
  expectTypeOf(cache.clear()).toEqualTypeOf<void>();
});

test("a cache refuses other keys and values, and wrong options", () => {
  // @ts-expect-error -- no such key
  void cache.get("1");
  // @ts-expect-error -- no such key
  void cache.getMany(["1"]);
  // @ts-expect-error -- no such value
  cache.set(1, 1);
  // @ts-expect-error -- no promise
  cache.set(1, Promise.resolve({ id: 1 }));
  // @ts-expect-error -- no such option
  cache.set(1, { id: 1 }, { ttl: 5 });
  // @ts-expect-error -- the signal is in the options
  void cache.get(1, new AbortController().signal);
  // @ts-expect-error -- a predicate answers
  cache.deleteWhere(() => {});
  // @ts-expect-error -- a string
  cache.deleteTag(5);
  // @ts-expect-error -- read only
  cache.size = 1;
  // @ts-expect-error -- read only
  cache.stats().hits = 1;
  // @ts-expect-error -- no such option
  void new AsyncLru<number, User>({ ttl: 5 });
  // @ts-expect-error -- a number
  void new AsyncLru<number, User>({ max: "5" });
  // @ts-expect-error -- it gives users
  void new AsyncLru<number, User>({ load: () => 1 });
  // @ts-expect-error -- it is said at once
  void new AsyncLru<number, User>({ ttlMs: async () => 5 });
});
