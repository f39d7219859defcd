import { AsyncLocalStorage } from "node:async_hooks";
import { describe, expect, test } from "vitest";
import {
  debounce,
  gather,
  limit,
  map,
  race,
  RateLimiter,
  sleep,
  taskGroup,
  TaskGroup,
  throttle,
} from "corral";
import { withVirtualClock } from "corral/testing";

const storage = new AsyncLocalStorage<string>();

async function* items(): AsyncGenerator<number> {
  for (const item of [1, 2, 3, 4]) {
    await sleep(1);
    yield item;
  }
}

/** Makes calls in contexts of their own, and tells in which ones they have run. */
async function contexts(
  call: (name: string, fn: () => Promise<unknown>) => Promise<unknown>,
): Promise<unknown[]> {
  const seen: unknown[] = [];
  await Promise.all(
    ["a", "b", "c", "d"].map((name) =>
      storage.run(name, () =>
        call(name, async () => {
          seen.push(storage.getStore());
          await sleep(1);
          seen.push(storage.getStore());
        }),
      ),
    ),
  );
  return seen;
}

describe("pitfall 2: the caller's async context is kept", () => {
  test("in calls that waited in the line of a limit", async () => {
    await withVirtualClock(async () => {
      const one = limit(1);
      const seen = await contexts((_, fn) => one(fn));
      expect(seen).toEqual(["a", "a", "b", "b", "c", "c", "d", "d"]);
    });
  });

  test("in calls that begin because a limit is raised from another context", async () => {
    await withVirtualClock(async () => {
      const gate = limit(1);
      const first = gate(() => sleep(1_000));
      const calls = contexts((_, fn) => gate(fn));
      await storage.run("foreign", async () => {
        await sleep(1);
        gate.concurrency = 2;
      });
      expect(await calls).toEqual(["a", "a", "b", "b", "c", "c", "d", "d"]);
      await first;
    });
  });

  test("in what comes after the wait in line of a limit, also when it was cleared", async () => {
    await withVirtualClock(async () => {
      const one = limit(1);
      const first = storage.run("holder", () => one(() => sleep(10)));
      const seen = storage.run("caller", async () => {
        await one(() => {}).catch(() => {});
        return storage.getStore();
      });
      storage.run("foreign", () => one.clear());
      expect(await seen).toBe("caller");
      await first;
    });
  });

  test("in the items of limit().map()", async () => {
    await withVirtualClock(async () => {
      const one = limit(1);
      const first = storage.run("holder", () => one(() => sleep(10)));
      const seen = await storage.run("caller", () => one.map([1, 2], () => storage.getStore()));
      expect(seen).toEqual(["caller", "caller"]);
      await first;
    });
  });

  test("in calls of a rate limiter that another context lets in, and after the wait", async () => {
    await withVirtualClock(async () => {
      const limiter = new RateLimiter({ limit: 0, perMs: 1 });
      const calls = contexts((_, fn) => limiter.run(fn));
      const after = storage.run("waiter", async () => {
        await limiter.acquire();
        return storage.getStore();
      });
      storage.run("foreign", () => limiter.configure({ limit: Infinity }));
      expect(await calls).toEqual(["a", "b", "c", "d", "a", "b", "c", "d"]);
      expect(await after).toBe("waiter");
    });
  });

  test.each([
    ["debounce()", debounce],
    ["throttle()", throttle],
  ] as const)("in a call of %s that another context flushes", async (_, way) => {
    await withVirtualClock(async () => {
      const who = way(() => storage.getStore(), 100, { leading: false });
      const calls = ["first", "latest"].map((name) => storage.run(name, () => who()));
      const flushed = storage.run("foreign", () => who.flush());
      expect(await Promise.all([...calls, flushed])).toEqual(["latest", "latest", "latest"]);
    });
  });

  test("in children that were queued in a full group", async () => {
    await withVirtualClock(async () => {
      await taskGroup(
        async (group) => {
          const seen = await contexts(async (_, fn) => group.spawn(fn));
          expect(seen).toEqual(["a", "a", "b", "b", "c", "c", "d", "d"]);
        },
        { concurrency: 1 },
      );
    });
  });

  test("in children that begin at once, and in the body", async () => {
    await withVirtualClock(async () => {
      const seen = await storage.run("opener", () =>
        taskGroup(async (group) => {
          const child = await storage.run("spawner", () => group.spawn(() => storage.getStore()));
          await sleep(1);
          return [storage.getStore(), child];
        }),
      );
      expect(seen).toEqual(["opener", "spawner"]);
    });
  });

  test("in functions of gather() that start late, and in losers of a race()", async () => {
    await withVirtualClock(async () => {
      const jobs = [1, 2, 3].map(() => async () => {
        await sleep(1);
        return storage.getStore();
      });
      const seen = await storage.run("caller", () => gather(jobs, { concurrency: 1 }));
      expect(seen).toEqual(["caller", "caller", "caller"]);
      const losers: unknown[] = [];
      await storage.run("caller", () =>
        race<unknown>([
          () => "won",
          async (scope) => {
            await sleep(100, { signal: scope.signal }).catch(() => {});
            losers.push(storage.getStore());
          },
        ]),
      );
      expect(losers).toEqual(["caller"]);
    });
  });

  test("in all calls of map(), over a sync and over an async source", async () => {
    await withVirtualClock(async () => {
      for (const source of [[1, 2, 3, 4], items()]) {
        const seen = await storage.run("caller", () =>
          map(
            source,
            async () => {
              await sleep(1);
              return storage.getStore();
            },
            { concurrency: 2 },
          ),
        );
        expect(seen).toEqual(["caller", "caller", "caller", "caller"]);
      }
    });
  });

  test("in who waits for a task, or joins a group, that another context ends", async () => {
    await withVirtualClock(async () => {
      await using group = new TaskGroup();
      const task = storage.run("child", () => group.spawn(() => sleep(10)));
      const seen = await Promise.all([
        storage.run("waiter", async () => {
          await task;
          return storage.getStore();
        }),
        storage.run("joiner", async () => {
          await group.join();
          return storage.getStore();
        }),
      ]);
      expect(seen).toEqual(["waiter", "joiner"]);
    });
  });
});
