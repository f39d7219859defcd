import { expectTypeOf, test } from "vitest";
import { Broadcast, type BroadcastStats, type Subscription } from "../../src/channel/broadcast.ts";
import { Watch, type WatchReader, type WatchStats } from "../../src/channel/watch.ts";

declare const signal: AbortSignal | undefined;

const broadcast = new Broadcast<string>({ capacity: 1 });
const watch = new Watch<string | undefined>(undefined);

function isString(value: string | undefined): value is string {
  return value !== undefined;
}

test("a broadcast gives what it was made for", () => {
  const subscription = broadcast.subscribe();
  expectTypeOf(subscription).toEqualTypeOf<Subscription<string>>();
  expectTypeOf(subscription.resubscribe()).toEqualTypeOf<Subscription<string>>();
  expectTypeOf(subscription.receive({ signal })).toEqualTypeOf<Promise<string>>();
  expectTypeOf(subscription.tryReceive()).toEqualTypeOf<{ readonly value: string } | undefined>();
  expectTypeOf(subscription.values({ signal })).toEqualTypeOf<
    AsyncIterableIterator<string, undefined>
  >();
  expectTypeOf(broadcast.publish("a")).toEqualTypeOf<void>();
  expectTypeOf(broadcast.stats()).toEqualTypeOf<BroadcastStats>();
  expectTypeOf([subscription.size, subscription.missed]).toEqualTypeOf<number[]>();
});

test("a subscription is an async iterable, and disposable", async () => {
  expectTypeOf<Subscription<string>>().toExtend<AsyncIterable<string> & Disposable>();
  for await (const value of broadcast.subscribe()) expectTypeOf(value).toEqualTypeOf<string>();
});

test("a broadcast refuses what is wrong", () => {
  // @ts-expect-error -- a capacity is required
  void (() => new Broadcast<string>());
  // @ts-expect-error -- a capacity is required
  void (() => new Broadcast<string>({ onLag: "skip" }));
  // @ts-expect-error -- no such choice
  void (() => new Broadcast<string>({ capacity: 1, onLag: "drop" }));
  // @ts-expect-error -- not of its type
  void (() => broadcast.publish(1));
  // @ts-expect-error -- a controller is no signal
  void (() => broadcast.subscribe().receive({ signal: new AbortController() }));
  // @ts-expect-error -- read only
  void (() => (broadcast.subscribe().missed = 0));
  void (() => new Broadcast<string>({ capacity: 1, onLag: undefined, name: undefined }));
});

test("a watch gives what it was made for", () => {
  expectTypeOf(watch.value).toEqualTypeOf<string | undefined>();
  expectTypeOf(watch.set("a")).toEqualTypeOf<void>();
  watch.update((value) => {
    expectTypeOf(value).toEqualTypeOf<string | undefined>();
    return value;
  });
  expectTypeOf(watch.stats()).toEqualTypeOf<WatchStats>();
  const reader = watch.subscribe();
  expectTypeOf(reader).toEqualTypeOf<WatchReader<string | undefined>>();
  expectTypeOf(reader.value).toEqualTypeOf<string | undefined>();
  expectTypeOf(reader.hasChanged).toEqualTypeOf<boolean>();
  expectTypeOf(reader.changed({ signal })).toEqualTypeOf<Promise<void>>();
  expectTypeOf(reader).toExtend<AsyncIterable<string | undefined> & Disposable>();
  expectTypeOf(new Watch(1)).toEqualTypeOf<Watch<number>>();
});

test("waitFor() gives what its predicate has narrowed", () => {
  expectTypeOf(watch.waitFor((value) => value !== "a" || signal === undefined)).toEqualTypeOf<
    Promise<string | undefined>
  >();
  expectTypeOf(watch.waitFor(isString, { signal })).toEqualTypeOf<Promise<string>>();
});

test("a watch refuses what is wrong", () => {
  // @ts-expect-error -- it has an initial value
  void (() => new Watch<string>());
  // @ts-expect-error -- not of its type
  void (() => watch.set(1));
  // @ts-expect-error -- only by set
  void (() => (watch.value = "a"));
  // @ts-expect-error -- an async function gives a promise
  void (() => watch.update(async (value) => value));
  // @ts-expect-error -- a promise is always truthy
  void (() => watch.waitFor(async () => true));
  // @ts-expect-error -- only to be read
  void (() => (watch.subscribe().value = "a"));
  void (() => new Watch("a", { equals: undefined, name: undefined }));
  void (() => new Watch("a", { equals: (a, b) => a.length === b.length }));
});
