import { expectTypeOf, test } from "vitest";
import { batch, type Batched, type BatchStats, CancelScope } from "corral";

const { signal } = new AbortController();

interface User {
  readonly id: number;
}

declare function find(ids: readonly number[]): Promise<User[]>;
declare function sizes(keys: readonly string[]): readonly (number | null | RangeError)[];
declare function byId(ids: readonly number[]): Promise<Map<number, User | Error>>;
declare function atOnce(ids: readonly number[]): ReadonlyMap<number, string>;

test("batch() takes the type of the key from loadMany, and that of the value without the errors", () => {
  const load = batch(async (ids: readonly number[]) => {
    const users = await find(ids);
    return ids.map((id) => users.find((user) => user.id === id) ?? new Error("no such user"));
  });
  expectTypeOf(load).toEqualTypeOf<Batched<number, User>>();
  expectTypeOf(load(1)).toEqualTypeOf<Promise<User>>();
  expectTypeOf(load(1, { signal })).toEqualTypeOf<Promise<User>>();
  expectTypeOf(load.many(new Set([1]), { signal })).toEqualTypeOf<Promise<User[]>>();
  expectTypeOf(load.flush()).toEqualTypeOf<void>();
  expectTypeOf(load.pending).toEqualTypeOf<number>();
  expectTypeOf(load.stats()).toEqualTypeOf<BatchStats>();
  expectTypeOf(batch(find)).toEqualTypeOf<Batched<number, User>>();
});

test("batch() takes results at once, read only ones, and values that may be nothing", () => {
  expectTypeOf(batch((keys: readonly string[]) => keys)).toEqualTypeOf<Batched<string, string>>();
  // What extends Error is an error, too.
  expectTypeOf(batch(sizes)("")).toEqualTypeOf<Promise<number | null>>();
});

test("with a Map, a value may be missing", () => {
  expectTypeOf(batch(byId)).toEqualTypeOf<Batched<number, User | undefined>>();
  expectTypeOf(batch(atOnce)).toEqualTypeOf<Batched<number, string | undefined>>();
});

test("the types can be said, and then loadMany gets them", () => {
  const load = batch<User, string>((users, scope) => {
    expectTypeOf(users).toEqualTypeOf<readonly User[]>();
    expectTypeOf(scope).toEqualTypeOf<CancelScope>();
    return users.map(String);
  });
  expectTypeOf(load).toEqualTypeOf<Batched<User, string>>();
});

test("`key` gets what loadMany gets one of", () => {
  const load = batch((users: readonly User[]) => users.map(({ id }) => id), {
    key: (user) => {
      expectTypeOf(user).toEqualTypeOf<User>();
      return user.id;
    },
    max: 10,
    windowMs: 5,
    concurrency: 2,
    name: "ids",
  });
  expectTypeOf(load({ id: 1 })).toEqualTypeOf<Promise<number>>();
});

test("the function is a loader that gets a key and a scope", () => {
  const load: (key: number, scope: CancelScope) => Promise<User> = batch(find);
  expectTypeOf(load(1, new CancelScope())).toEqualTypeOf<Promise<User>>();
});

test("a batched function refuses what is wrong", () => {
  const load = batch(find);
  // @ts-expect-error -- another type of key
  void load("1");
  // @ts-expect-error -- a key
  void load();
  // @ts-expect-error -- several keys are for many()
  void load([1, 2]);
  // @ts-expect-error -- options, not a signal
  void load(1, signal);
  // @ts-expect-error -- keys
  void load.many(1);
  // @ts-expect-error -- of another type
  void load.many(["1"]);
  // @ts-expect-error -- read only
  load.pending = 1;
  // @ts-expect-error -- its keys must not be changed
  batch((keys: number[]) => keys);
  // @ts-expect-error -- neither an array nor a Map
  batch((keys: readonly number[]) => keys.length);
  // @ts-expect-error -- a Set has no order of the keys
  batch((keys: readonly number[]) => new Set(keys));
  // @ts-expect-error -- a Map of other keys
  batch((keys: readonly number[]) => new Map(keys.map((key) => [String(key), key])));
  // @ts-expect-error -- no such option
  batch(find, { maxBatchSize: 10 });
  // @ts-expect-error -- the key is a number
  batch(find, { key: (key: string) => key });
});
