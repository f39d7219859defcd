import { runInThisContext } from "node:vm";
import { beforeAll, describe, expect, test } from "vitest";
import * as source from "../../src/index.ts";
import type * as Testing from "../../src/testing/index.ts";
import { bundle } from "../support/bundle.ts";
import { ambientTest, at } from "../support/mode.ts";

type Library = typeof source;
type Bundled = Library & { readonly testing: typeof Testing };

const copies: { readonly plain?: Bundled; readonly minified?: Bundled } = {};

beforeAll(async () => {
  for (const name of ["plain", "minified"] as const) {
    const script = await bundle({ minify: name === "minified" });
    const copy = runInThisContext(`(() => { ${script}; return corral; })()`) as Bundled;
    Object.assign(copies, { [name]: copy });
  }
}, 30_000);

describe.each(["plain", "minified"] as const)(
  "the library and a bundled copy of it, %s",
  (name) => {
    const bundled = (): Bundled => copies[name]!;

    test("are two", () => {
      expect(bundled().CancelScope).not.toBe(source.CancelScope);
      expect(
        Object.keys(bundled())
          .filter((key) => key !== "testing")
          .sort(),
      ).toEqual(Object.keys(source).sort());
    });

    test("cancel each other's work, in groups, limits, maps, queues and shared loads", async () => {
      const gate = new (bundled().AsyncEvent)();
      const seen: string[] = [];
      const flights = new (bundled().SingleFlight)<string, void>();
      const full = bundled().limit(1);
      const holder = full(() => gate.wait());
      const queue = new (bundled().Queue)<number>({ capacity: 1 });
      const error: unknown = await source
        .timeout(20, async (scope) => {
          const { signal } = scope;
          const waits: Record<string, Promise<unknown>> = {
            group: bundled().taskGroup((group) => {
              group.spawn((task) => source.sleep(60_000, at(task.scope)));
            }, at(scope)),
            "place in line": full(() => {}, { signal }),
            map: bundled().map([1, 2], (_n, _i, inner) => source.sleep(60_000, at(inner)), {
              concurrency: 1,
              ...at(scope),
            }),
            item: queue.get({ signal }),
            "shared load": flights.run("key", (own) => source.sleep(60_000, at(own)), { signal }),
          };
          await Promise.all(
            Object.entries(waits).map(([what, wait]) =>
              wait.catch((reason: unknown) => {
                expect(source.isCancellation(reason, scope)).toBe(true);
                seen.push(what);
              }),
            ),
          );
          scope.throwIfCancelled();
        })
        .catch((reason: unknown) => reason);
      expect(error).toBeInstanceOf(bundled().TimeoutError);
      expect(seen.sort()).toEqual(["group", "item", "map", "place in line", "shared load"]);
      gate.set();
      await holder;
      expect([full.active, full.pending, flights.has("key")]).toEqual([0, 0, false]);
    });

    test("know each other's errors, by name and by instanceof, however short the classes are called", () => {
      const names: Record<string, string> = {
        CancelledError: "AbortError",
        PoolTimeoutError: "TimeoutError",
      };
      for (const key of Object.keys(source)) {
        if (!key.endsWith("Error")) continue;
        const [one, other] = [source, bundled()].map(
          (library) => (library as unknown as Record<string, { prototype: Error }>)[key]!,
        );
        for (const [Made, Known] of [
          [one, other],
          [other, one],
        ] as [new (...args: unknown[]) => Error, new (...args: unknown[]) => Error][]) {
          const shortage = { max: 1, busy: 1, waiting: 0 };
          const error = key === "PoolTimeoutError" ? new Made(1, key, shortage) : new Made(1);
          expect(error, key).toBeInstanceOf(Known);
          expect(error.name).toBe(names[key] ?? key);
          expect(String(error)).toMatch(/^[A-Z]\w+Error: /);
        }
      }
    });

    test("show the same tree of waits", async () => {
      const scope = new source.CancelScope({ name: "outer" });
      await scope.run(async () => {
        const group = bundled().taskGroup(
          (inner) => {
            inner.spawn((task) => source.sleep(60_000, at(task.scope)), { name: "child" });
          },
          { name: "inner", ...at(scope) },
        );
        const tree = source.waitTree(scope);
        expect(bundled().waitTree(scope)).toBe(tree);
        expect(tree).toMatch(/"outer"[\s\S]*"inner"[\s\S]*"child"[\s\S]*sleep/);
        scope.cancel();
        await group.catch(() => {});
      });
    });

    test("follow the virtual clock that either has installed", () =>
      bundled().testing.withVirtualClock(async (clock) => {
        const limiter = new source.RateLimiter({ limit: 1, perMs: 60_000 });
        await limiter.acquire();
        await Promise.all([limiter.acquire(), bundled().sleep(1_000)]);
        expect([source.now(), bundled().now()]).toEqual([clock.now(), clock.now()]);
        expect(clock.now()).toBe(60_000);
      }));

    ambientTest("share the current scope (needs ambient scopes)", async () => {
      await bundled()
        .timeout(60_000, async (scope) => {
          expect(source.CancelScope.current).toBe(scope);
          const wait = source.sleep(60_000);
          scope.cancel("enough");
          await expect(wait).rejects.toMatchObject({ reason: "enough" });
        })
        .catch(() => {});
    });

    ambientTest("prove a deadlock between their locks (needs ambient scopes)", async () => {
      const one = new source.Mutex();
      const other = new (bundled().Mutex)();
      const nested = one.run(() => other.run(() => one.run(() => {})));
      await expect(nested).rejects.toBeInstanceOf(source.DeadlockError);
    });
  },
);
