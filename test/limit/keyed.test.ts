import { AsyncLocalStorage } from "node:async_hooks";
import { describe, expect, test } from "vitest";
import { keyed, sleep } from "corral";
import { withVirtualClock } from "corral/testing";
import { deferred } from "../support/deferred.ts";
import { turn } from "../support/turn.ts";
import { callsOf } from "./keyed-calls.ts";

describe("run()", () => {
  test("gives what the function gives, and goes on after failures", async () => {
    const limit = keyed<string>(1);
    const results = await Promise.allSettled([
      limit.run("a", async () => "value"),
      limit.run("a", () => Promise.reject(undefined)),
      limit.run("a", () => {
        throw new Error("sync");
      }),
      limit.run("a", () => "after them"),
    ]);
    expect(results).toEqual([
      { status: "fulfilled", value: "value" },
      { status: "rejected", reason: undefined },
      { status: "rejected", reason: new Error("sync") },
      { status: "fulfilled", value: "after them" },
    ]);
    expect(limit.stats()).toEqual({ keys: 0, active: 0, pending: 0, zombies: 0, total: Infinity });
  });

  test("passes no argument to the function", async () => {
    await keyed(1).run("a", (...given: unknown[]) => expect(given).toEqual([]));
  });

  test("runs so many calls of each key at once, in the order of the calls, and no more", async () => {
    await withVirtualClock(async (clock) => {
      const limit = keyed<string>(2);
      const starts: string[] = [];
      await Promise.all(
        ["a1", "a2", "b1", "a3", "a4", "b2", "a5"].map((name) =>
          limit.run(name[0]!, async () => {
            starts.push(`${name} ${clock.now()}`);
            await sleep(10);
          }),
        ),
      );
      expect(starts).toEqual(["a1 0", "a2 0", "b1 0", "b2 0", "a3 10", "a4 10", "a5 20"]);
    });
  });

  test("begins a call at once when its key and the total have a place", async () => {
    const limit = keyed<string>(1, { total: 2 });
    const calls = callsOf(limit);
    calls.add("a", 2);
    calls.add("b");
    calls.add("c");
    expect(calls.begun).toEqual(["a", "b"]);
    expect([limit.active, limit.pending, limit.size]).toEqual([2, 2, 3]);
    await calls.endAll();
    expect(calls.begun.toSorted()).toEqual(["a", "a", "b", "c"]);
  });

  test("begins calls of others at once while those of a full key wait, however many", async () => {
    const limit = keyed<string>(1, { total: 3 });
    const calls = callsOf(limit);
    calls.add("full", 1_000);
    calls.add("b");
    calls.add("c");
    expect(calls.begun).toEqual(["full", "b", "c"]);
    calls.add("d");
    calls.add("e");
    // A place of the total is of no use to the key that is full.
    await calls.end("b");
    await calls.end("c");
    expect(calls.begun).toEqual(["full", "b", "c", "d", "e"]);
    expect([limit.activeOf("full"), limit.pendingOf("full")]).toEqual([1, 999]);
    limit.clear();
    await calls.endAll();
  });

  test("hands a place of a key to its next call in the step in which it comes free", async () => {
    const limit = keyed<string>(1);
    const order: string[] = [];
    const first = limit.run("a", async () => {});
    const newcomer = first.then(() => limit.run("a", () => order.push("newcomer")));
    const queued = limit.run("a", () => order.push("queued"));
    await Promise.all([first, queued, newcomer]);
    expect(order).toEqual(["queued", "newcomer"]);
  });

  test("hands a place of the total to the next key in the step in which it comes free", async () => {
    const limit = keyed<string>(1, { total: 1 });
    const order: string[] = [];
    const first = limit.run("a", async () => {});
    const newcomer = first.then(() => limit.run("c", () => order.push("newcomer")));
    const queued = limit.run("b", () => order.push("queued"));
    await Promise.all([first, queued, newcomer]);
    expect(order).toEqual(["queued", "newcomer"]);
  });

  test("lets no call overtake one of its key that was handed a place and has yet to begin", async () => {
    const limit = keyed<string>(3, { total: 1 });
    const order: string[] = [];
    const first = limit.run("a", async () => {});
    const queued = limit.run("a", () => order.push("queued"));
    limit.total = 5;
    const newcomer = limit.run("a", () => order.push("newcomer"));
    await Promise.all([first, queued, newcomer]);
    expect(order).toEqual(["queued", "newcomer"]);
  });

  test("pitfall 2: calls a function that waited in the async context of its caller", async () => {
    const storage = new AsyncLocalStorage<string>();
    const limit = keyed<string>(1, { total: 2 });
    const calls = callsOf(limit);
    calls.add("a");
    calls.add("b");
    const look = async (): Promise<unknown[]> => {
      const before = storage.getStore();
      await turn();
      return [before, storage.getStore()];
    };
    const looking = [
      storage.run("for its key", () => limit.run("a", look)),
      storage.run("for the total", () => limit.run("c", look)),
    ];
    await storage.run("foreign", async () => {
      await calls.end("a");
      await turn();
      limit.total = 3;
    });
    expect(await Promise.all(looking)).toEqual([
      ["for its key", "for its key"],
      ["for the total", "for the total"],
    ]);
    await calls.endAll();
  });

  test("may be called by the function, for another key and for its own later", async () => {
    const limit = keyed<string>(1);
    let later: Promise<string> | undefined;
    const value = await limit.run("a", () => {
      later = limit.run("a", () => "later");
      return limit.run("b", () => "inner");
    });
    expect([value, await later, limit.size]).toEqual(["inner", "later", 0]);
  });
});

describe("a key", () => {
  test("is known while it runs or waits for something, and not longer", async () => {
    const limit = keyed<string>(1);
    const calls = callsOf(limit);
    calls.add("a", 2);
    await calls.end();
    expect([limit.size, limit.activeOf("a"), limit.pendingOf("a")]).toEqual([1, 1, 0]);
    await calls.end();
    expect([limit.size, limit.activeOf("a"), limit.pendingOf("a")]).toEqual([0, 0, 0]);
  });

  test("is compared as those of a Map are", async () => {
    const limit = keyed<unknown>(1);
    const calls = callsOf(limit);
    const key = {};
    for (const each of [key, key, {}, Number.NaN, Number.NaN, 0, -0, undefined, undefined, null]) {
      calls.add(each);
    }
    expect([limit.size, limit.active, limit.pending]).toEqual([6, 6, 4]);
    expect([key, Number.NaN, -0, undefined].map((each) => limit.pendingOf(each))).toEqual([
      1, 1, 1, 1,
    ]);
    expect([limit.pendingOf(null), limit.activeOf({})]).toEqual([0, 0]);
    await calls.endAll();
    expect(limit.size).toBe(0);
  });

  test("leaves nothing behind, of ten thousand with ten calls each", async () => {
    const limit = keyed<number>(2, { total: 7 });
    let ran = 0;
    const calls: Promise<unknown>[] = [];
    for (let i = 0; i < 10; i++) {
      for (let key = 0; key < 10_000; key++) calls.push(limit.run(key, async () => ran++));
    }
    expect(limit.size).toBe(10_000);
    await Promise.all(calls);
    expect(ran).toBe(100_000);
    expect([limit.size, limit.active, limit.pending]).toEqual([0, 0, 0]);
  }, 20_000);

  test("that is full does not slow the others down, of ten thousand that are", async () => {
    const limit = keyed<number>(1, { total: 10_001 });
    const gate = deferred();
    const full: Promise<unknown>[] = [];
    for (let key = 0; key < 10_000; key++) {
      full.push(
        limit.run(key, () => gate.promise),
        limit.run(key, () => {}),
      );
    }
    let ran = 0;
    const calls = Array.from({ length: 50_000 }, () => limit.run(-1, async () => ran++));
    await Promise.all(calls);
    expect([ran, limit.active, limit.pending]).toEqual([50_000, 10_000, 10_000]);
    gate.resolve();
    await Promise.all(full);
    expect(limit.size).toBe(0);
  }, 20_000);
});

describe("perKey", () => {
  test("is asked when a key is used that is not known, and again after it was idle", async () => {
    const asked: string[] = [];
    const limit = keyed<string>((key) => {
      asked.push(key);
      return key === "wide" ? 2 : { concurrency: 1 };
    });
    const calls = callsOf(limit);
    calls.add("wide", 3);
    calls.add("narrow", 3);
    expect(calls.begun).toEqual(["wide", "wide", "narrow"]);
    expect(asked).toEqual(["wide", "narrow"]);
    await calls.endAll();
    calls.add("wide");
    expect(asked).toEqual(["wide", "narrow", "wide"]);
    await calls.endAll();
  });

  test("may give Infinity", async () => {
    const limit = keyed<string>(() => Infinity, { total: Infinity });
    const calls = callsOf(limit);
    calls.add("a", 100);
    expect(limit.activeOf("a")).toBe(100);
    await calls.endAll();
  });

  test("rejects the call with what it throws, and changes nothing", async () => {
    for (const thrown of [new Error("unknown tenant"), undefined, 0]) {
      const limit = keyed<string>(() => {
        throw thrown as Error;
      });
      let called = false;
      const call = limit.run("a", () => {
        called = true;
      });
      expect(limit.size).toBe(0);
      expect(await call.catch((error: unknown) => ({ error }))).toEqual({ error: thrown });
      await limit.onIdle();
      expect([called, limit.size]).toEqual([false, 0]);
    }
  });

  test("may make calls itself, also of the key that it is asked about", async () => {
    let inner: Promise<unknown> | undefined;
    let asked = 0;
    const log: string[] = [];
    const gate = deferred();
    const limit = keyed<string>((key) => {
      if (asked++ > 0) return 1;
      inner = limit.run(key, () => {
        log.push("inner");
        return gate.promise;
      });
      return 2;
    });
    const outer = limit.run("a", () => log.push("outer"));
    expect([log, limit.activeOf("a"), limit.pendingOf("a")]).toEqual([["inner"], 1, 1]);
    gate.resolve();
    await Promise.all([inner, outer]);
    expect([log, limit.size]).toEqual([["inner", "outer"], 0]);
  });
});

describe("total", () => {
  test("starts more at once when it is raised, by turns", async () => {
    const limit = keyed<string>(9, { total: 1 });
    const calls = callsOf(limit);
    calls.add("a", 4);
    calls.add("b", 2);
    limit.total = 3;
    expect([limit.total, limit.active, limit.pending]).toEqual([3, 3, 3]);
    expect([limit.activeOf("a"), limit.activeOf("b")]).toEqual([2, 1]);
    await turn();
    expect(calls.begun).toEqual(["a", "a", "b"]);
    await calls.endAll();
    expect(limit.size).toBe(0);
  });

  test("comes into force as calls end when it is lowered, also below who runs", async () => {
    const limit = keyed<string>(3);
    const calls = callsOf(limit);
    calls.add("a", 3);
    calls.add("b", 3);
    limit.total = 2;
    calls.add("c");
    expect([limit.active, limit.pending]).toEqual([6, 1]);
    for (let i = 0; i < 4; i++) await calls.end();
    expect([limit.active, limit.pending]).toEqual([2, 1]);
    await calls.end();
    expect(calls.begun.at(-1)).toBe("c");
    expect([limit.active, limit.pending]).toEqual([2, 0]);
    await calls.endAll();
  });

  test("may be changed by a function that runs", async () => {
    const limit = keyed<number>(1, { total: 1 });
    const order: number[] = [];
    await Promise.all(
      Array.from({ length: 12 }, (_, i) =>
        limit.run(i, async () => {
          order.push(i);
          limit.total = 1 + (i % 4);
          await turn();
        }),
      ),
    );
    expect(order).toEqual(Array.from({ length: 12 }, (_, i) => i));
  });
});

describe("onIdle()", () => {
  test("resolves when nothing runs and nothing waits in line, of all keys", async () => {
    const limit = keyed<string>(1, { total: 1 });
    await limit.onIdle();
    const calls = callsOf(limit);
    calls.add("a", 2);
    calls.add("b");
    let idle = false;
    const waiting = limit.onIdle().then(() => (idle = true));
    for (let i = 0; i < 3; i++) {
      expect(idle).toBe(false);
      await calls.end();
    }
    await waiting;
    expect(limit.size).toBe(0);
  });

  test("resolves when the last that waits is cancelled, and does not fail for one that fails", async () => {
    const limit = keyed<string>(1);
    const gate = deferred();
    const failing = limit.run("a", () => gate.promise.then(() => Promise.reject(new Error("no"))));
    const controller = new AbortController();
    const waiting = limit.run("a", () => {}, controller);
    const idle = limit.onIdle();
    controller.abort("gone");
    gate.resolve();
    await idle;
    await expect(waiting).rejects.toBe("gone");
    await expect(failing).rejects.toThrow("no");
  });
});

test("a limit by key has figures, a name and a form for people", async () => {
  const limit = keyed<string>(1, { total: 2, name: "hosts" });
  const calls = callsOf(limit);
  calls.add("a", 2);
  const stats = limit.stats();
  expect(stats).toEqual({ keys: 1, active: 1, pending: 1, zombies: 0, total: 2 });
  expect(Object.isFrozen(stats)).toBe(true);
  expect([limit.name, String(limit)]).toEqual([
    "hosts",
    'KeyedLimit "hosts" { keys: 1, active: 1, pending: 1, zombies: 0, total: 2 }',
  ]);
  await calls.endAll();
});
