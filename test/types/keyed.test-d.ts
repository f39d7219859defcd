import { expectTypeOf, test } from "vitest";
import {
  keyed,
  type KeyAllowance,
  type KeyedLimit,
  type KeyedLimitStats,
  type KeyedOptions,
  type PerKey,
} from "corral";

const perHost = keyed<string>(2);

// What a function may hold that passes its own optional parameters on.
declare const total: number | undefined;
declare const signal: AbortSignal | undefined;

test("keyed() takes its keys from its type argument, or from the function for a key", () => {
  expectTypeOf(perHost).toEqualTypeOf<KeyedLimit<string>>();
  expectTypeOf(keyed((key: { id: number }) => key.id)).toEqualTypeOf<KeyedLimit<{ id: number }>>();
  expectTypeOf(keyed<number>((key) => ({ concurrency: key }))).toEqualTypeOf<KeyedLimit<number>>();
  keyed(1, { total, onTimeout: "release", name: "hosts" });
  expectTypeOf<KeyedOptions["total"]>().toEqualTypeOf<number | undefined>();
  expectTypeOf<KeyAllowance>().toEqualTypeOf<{
    readonly concurrency: number;
    readonly share?: number | undefined;
  }>();
  expectTypeOf<PerKey<string>>().toEqualTypeOf<number | ((key: string) => number | KeyAllowance)>();
});

test("run() gives what its function gives", () => {
  expectTypeOf(perHost.run("a", () => 1)).toEqualTypeOf<Promise<number>>();
  expectTypeOf(perHost.run("a", async () => "b", { signal })).toEqualTypeOf<Promise<string>>();
  expectTypeOf(perHost.run<1 | 2>("a", () => 1)).toEqualTypeOf<Promise<1 | 2>>();
});

test("a limit by key says how full it is, and lets only its total be set", () => {
  expectTypeOf(perHost.size).toEqualTypeOf<number>();
  expectTypeOf(perHost.activeOf("a")).toEqualTypeOf<number>();
  expectTypeOf(perHost.pendingOf("a")).toEqualTypeOf<number>();
  expectTypeOf(perHost.stats()).toEqualTypeOf<KeyedLimitStats>();
  expectTypeOf(perHost.onIdle({ signal })).toEqualTypeOf<Promise<void>>();
  expectTypeOf(perHost.clear()).toEqualTypeOf<void>();
  expectTypeOf(perHost.clear("a")).toEqualTypeOf<void>();
  keyed<string | undefined>(1).clear(undefined);
  perHost.total = 3;
  // @ts-expect-error -- read only
  perHost.active = 1;
  // @ts-expect-error -- read only
  perHost.size = 1;
});

test("a limit by key refuses other keys, promises, functions with parameters, and wrong options", () => {
  // @ts-expect-error -- no such key
  void perHost.run(1, () => 1);
  // @ts-expect-error -- undefined is no key of it: who means all says nothing
  perHost.clear(undefined);
  // @ts-expect-error -- a promise is no function
  void perHost.run("a", Promise.resolve(1));
  // @ts-expect-error -- nothing is passed to it
  void perHost.run("a", (n: number) => n);
  // @ts-expect-error -- no such option
  void perHost.run("a", () => 1, { weight: 1 });
  // @ts-expect-error -- what a key may have is required
  keyed();
  // @ts-expect-error -- it is said at once
  keyed(async () => 1);
  // @ts-expect-error -- a number
  keyed(1, { total: "2" });
});
