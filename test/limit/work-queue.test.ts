import { describe, expect, test } from "vitest";
import { CancelScope, sleep, WorkQueue } from "corral";
import { withVirtualClock } from "corral/testing";
import { deferred } from "../support/deferred.ts";
import { ambientTest } from "../support/mode.ts";
import { turn } from "../support/turn.ts";

/** A queue of one place, which is taken until `open()`; what is added tells in `log` when it begins. */
function held(options: Partial<ConstructorParameters<typeof WorkQueue>[0]> = {}): {
  readonly queue: WorkQueue;
  readonly log: string[];
  readonly open: () => void;
  readonly add: (name: string, priority?: number) => Promise<number>;
} {
  const queue = new WorkQueue({ concurrency: 1, ...options });
  const log: string[] = [];
  const gate = deferred();
  void queue.add(() => gate.promise);
  const add = (name: string, priority?: number): Promise<number> =>
    queue.add(() => log.push(name), { name, priority });
  return { queue, log, open: gate.resolve, add };
}

describe("add()", () => {
  test("gives what the function gives, sync or not, thenable or not", async () => {
    const queue = new WorkQueue({ concurrency: 1 });
    // oxlint-disable-next-line unicorn/no-thenable -- to be one
    const thenable = { then: (resolve: (value: string) => void) => resolve("then") };
    const jobs: (() => unknown)[] = [() => 1, async () => 2, () => thenable, () => undefined];
    for (const way of ["at once", "in line"]) {
      if (way === "in line") void queue.add(() => turn());
      expect(await Promise.all(jobs.map((job) => queue.add(job)))).toEqual([
        1,
        2,
        "then",
        undefined,
      ]);
    }
    expect([queue.active, queue.size]).toEqual([0, 0]);
  });

  test("pitfall 17, 18: rejects with exactly what the function throws or rejects with", async () => {
    const queue = new WorkQueue({ concurrency: 1 });
    for (const error of [undefined, null, 0, "", "text", {}, new Error("no")]) {
      const calls = [
        queue.add(() => Promise.reject(error)),
        queue.add(() => {
          throw error as Error;
        }),
        queue.add(() => Promise.reject(error)),
      ];
      for (const outcome of await Promise.allSettled(calls)) {
        expect(outcome).toEqual({ status: "rejected", reason: error });
        expect((outcome as PromiseRejectedResult).reason).toBe(error);
      }
    }
    expect([queue.active, queue.size]).toEqual([0, 0]);
  });

  test("begins a job that finds a place at once, and runs so many and no more", async () => {
    await withVirtualClock(async (clock) => {
      const queue = new WorkQueue({ concurrency: 3 });
      let [running, most, begun] = [0, 0, 0];
      const jobs = Array.from({ length: 10 }, () =>
        queue.add(async () => {
          begun++;
          most = Math.max(most, ++running);
          await sleep(10);
          running--;
        }),
      );
      expect([begun, queue.active, queue.size]).toEqual([3, 3, 7]);
      await Promise.all(jobs);
      expect([most, clock.now()]).toEqual([3, 40]);
    });
  });

  test("gives each function a scope of its own, open while it runs", async () => {
    const queue = new WorkQueue({ concurrency: 1 });
    const scopes = await Promise.all(
      ["a", "b"].map((name) =>
        queue.add(
          async (scope) => {
            await turn();
            expect(scope).toBeInstanceOf(CancelScope);
            expect([scope.cancelled, scope.name]).toEqual([false, name]);
            return scope;
          },
          { name },
        ),
      ),
    );
    expect(scopes[0]).not.toBe(scopes[1]);
  });

  ambientTest("runs the function in its scope (needs ambient scopes)", async () => {
    const queue = new WorkQueue({ concurrency: 1 });
    const outer = new CancelScope();
    await outer.run(async () => {
      const jobs = [1, 2].map(() =>
        queue.add(async (scope) => {
          expect(CancelScope.current).toBe(scope);
          await turn();
          expect(CancelScope.current).toBe(scope);
          expect(scope.effectiveDeadline).toBe(outer.effectiveDeadline);
        }),
      );
      await Promise.all(jobs);
      expect(CancelScope.current).toBe(outer);
    });
  });

  ambientTest("pitfall 2: keeps the context of its caller (needs ambient scopes)", async () => {
    const { AsyncLocalStorage } = await import("node:async_hooks");
    const storage = new AsyncLocalStorage<string>();
    const queue = new WorkQueue({ concurrency: 1 });
    const seen = await Promise.all(
      ["a", "b", "c", "d"].map((name) =>
        storage.run(name, () =>
          queue.add(async () => {
            const before = storage.getStore();
            await turn();
            return [before, storage.getStore()];
          }),
        ),
      ),
    );
    expect(seen).toEqual(["a", "b", "c", "d"].map((name) => [name, name]));
  });

  test("begins jobs that are added inside a job, in order", async () => {
    const { queue, log, open, add } = held();
    void add("outside");
    void queue.add(
      () => {
        log.push("first");
        void add("inside");
      },
      { priority: 1 },
    );
    open();
    await queue.onIdle();
    expect(log).toEqual(["first", "outside", "inside"]);
  });
});

describe("the order", () => {
  test("is by priority, the higher first, and of equal ones first come, first served", async () => {
    const { queue, log, open, add } = held({ paused: false });
    for (const [name, priority] of [
      ["low", -1],
      ["a", undefined],
      ["high", 2.5],
      ["b", 0],
      ["c", -0],
      ["higher", 3],
    ] as const) {
      void add(name, priority);
    }
    expect(queue.waiting().map(({ name }) => name)).toEqual([
      "higher",
      "high",
      "a",
      "b",
      "c",
      "low",
    ]);
    open();
    await queue.onIdle();
    expect(log).toEqual(["higher", "high", "a", "b", "c", "low"]);
  });

  test("lets no newcomer overtake in the step in which a place becomes free", async () => {
    const queue = new WorkQueue({ concurrency: 1 });
    const log: string[] = [];
    const first = queue.add(async () => {});
    const newcomer = first.then(() => queue.add(() => log.push("newcomer"), { priority: 9 }));
    const queued = queue.add(() => log.push("queued"));
    await Promise.all([first, queued, newcomer]);
    expect(log).toEqual(["queued", "newcomer"]);
  });

  test("ages: a job overtakes those that came later, by as much as it has waited", async () => {
    await withVirtualClock(async () => {
      const { queue, log, open, add } = held({ ageing: { everyMs: 100 } });
      void add("old");
      await sleep(199);
      void add("two, at 199", 2);
      await sleep(2);
      void add("two, at 201", 2);
      expect(queue.waiting()).toEqual([
        { name: "two, at 199", priority: 2, ageMs: 2 },
        { name: "old", priority: 0, ageMs: 201 },
        { name: "two, at 201", priority: 2, ageMs: 0 },
      ]);
      open();
      await queue.onIdle();
      expect(log).toEqual(["two, at 199", "old", "two, at 201"]);
    });
  });

  test.each([
    [undefined, 5_000],
    [{ everyMs: 100 }, 500],
    [{ everyMs: Infinity }, Infinity],
  ])(
    "pitfall 22: with ageing %o a job of priority 0 waits %d ms under constant load of priority 5",
    async (ageing, ms) => {
      await withVirtualClock(async (clock) => {
        const queue = new WorkQueue({ concurrency: 1, ageing });
        let waited = Infinity;
        void queue.add(() => sleep(10));
        void queue.add(() => void (waited = clock.now()));
        for (let i = 0; i < 700 && waited === Infinity; i++) {
          void queue.add(() => sleep(10), { priority: 5 });
          await sleep(10);
        }
        expect(waited === Infinity ? waited : Math.round((waited - 10) / 10) * 10).toBe(ms);
        await queue.onIdle();
      });
    },
  );

  test("keeps the order of arrival when jobs in the middle leave", async () => {
    const { queue, log, open } = held();
    const controller = new AbortController();
    for (let i = 0; i < 60; i++) {
      const signal = i % 3 === 1 ? controller.signal : undefined;
      const job = queue.add(() => log.push(String(i)), { signal, priority: i % 2 });
      job.catch(() => {});
    }
    controller.abort();
    expect(queue.size).toBe(40);
    open();
    await queue.onIdle();
    const left = Array.from({ length: 60 }, (_, i) => i).filter((i) => i % 3 !== 1);
    expect(log.map(Number)).toEqual([
      ...left.filter((i) => i % 2 === 1),
      ...left.filter((i) => i % 2 === 0),
    ]);
  });
});

describe("pause() and resume()", () => {
  test("begin nothing meanwhile, and all after it in order", async () => {
    const queue = new WorkQueue({ concurrency: 2, paused: true });
    const log: string[] = [];
    const jobs = ["a", "b", "c"].map((name) => queue.add(() => log.push(name)));
    await turn();
    expect([queue.isPaused, queue.active, queue.size, log]).toEqual([true, 0, 3, []]);
    queue.resume();
    expect(queue.isPaused).toBe(false);
    await Promise.all(jobs);
    expect(log).toEqual(["a", "b", "c"]);
  });

  test("leave running jobs alone, also when called in one", async () => {
    const queue = new WorkQueue({ concurrency: 1 });
    const log: string[] = [];
    const first = queue.add(async () => {
      queue.pause();
      queue.pause();
      await turn();
      log.push("first");
    });
    const second = queue.add(() => log.push("second"));
    await first;
    await turn();
    expect([log, queue.active, queue.size]).toEqual([["first"], 0, 1]);
    queue.resume();
    await second;
    expect(log).toEqual(["first", "second"]);
  });

  test("let what is most urgent by then begin first", async () => {
    const queue = new WorkQueue({ concurrency: 1, paused: true });
    const log: string[] = [];
    const jobs = [0, 5].map((priority) =>
      queue.add(() => log.push(String(priority)), { priority }),
    );
    queue.resume();
    await Promise.all(jobs);
    expect(log).toEqual(["5", "0"]);
  });
});

describe("concurrency", () => {
  test("begins more at once when it is raised, and comes into force as jobs end when lowered", async () => {
    await withVirtualClock(async (clock) => {
      const queue = new WorkQueue({ concurrency: 1 });
      const starts: number[] = [];
      const jobs = Array.from({ length: 6 }, () =>
        queue.add(() => {
          starts.push(clock.now());
          return sleep(10);
        }),
      );
      queue.concurrency = 3;
      expect([queue.concurrency, queue.active, queue.size]).toEqual([3, 3, 3]);
      await sleep(5);
      queue.concurrency = 1;
      expect(queue.active).toBe(3);
      await Promise.all(jobs);
      expect(starts).toEqual([0, 0, 0, 10, 20, 30]);
    });
  });

  test("takes Infinity for no limit", async () => {
    const queue = new WorkQueue({ concurrency: Infinity });
    const jobs = Array.from({ length: 100 }, (_, i) => queue.add(async () => i));
    expect([queue.active, queue.size]).toEqual([100, 0]);
    await Promise.all(jobs);
    expect([queue.active, queue.concurrency]).toEqual([0, Infinity]);
  });
});

async function named(): Promise<void> {
  await sleep(100);
}

describe("running(), waiting() and stats()", () => {
  test("tell what runs and what waits, by name, priority and age, frozen", async () => {
    await withVirtualClock(async () => {
      const queue = new WorkQueue({ concurrency: 2, name: "mail", capacity: 1 });
      const jobs = [queue.add(named), queue.add(() => sleep(50), { name: "b", priority: 3 })];
      await sleep(10);
      jobs.push(queue.add(named, { priority: -1 }), queue.add(named, { name: "d" }));
      await sleep(5);
      expect(queue.running()).toEqual([
        { name: "named", priority: 0, ageMs: 15 },
        { name: "b", priority: 3, ageMs: 15 },
      ]);
      expect(queue.waiting()).toEqual([
        { name: "d", priority: 0, ageMs: 5 },
        { name: "named", priority: -1, ageMs: 5 },
      ]);
      const stats = queue.stats();
      expect(stats).toEqual({
        concurrency: 2,
        active: 2,
        size: 2,
        blocked: 1,
        zombies: 0,
        oldestMs: 5,
        paused: false,
        closed: false,
      });
      for (const it of [stats, queue.running(), queue.running()[0], queue.waiting()]) {
        expect(Object.isFrozen(it)).toBe(true);
      }
      expect(String(queue)).toMatch(/^WorkQueue "mail" \{ concurrency: 2, active: 2, size: 2/);
      await jobs[1];
      // By when they began; an age counts from there.
      expect(queue.running().map(({ name, ageMs }) => [name, ageMs])).toEqual([
        ["named", 50],
        ["d", 0],
      ]);
      await queue.onIdle();
      expect([queue.running(), queue.waiting()]).toEqual([[], []]);
    });
  });
});
