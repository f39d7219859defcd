import { describe, expect, test } from "vitest";
import { sleep, WorkQueue } from "corral";
import { withVirtualClock } from "corral/testing";
import { turn } from "../support/turn.ts";

describe("onIdle()", () => {
  test("waits until nothing runs and nothing waits, whatever becomes of the jobs", () =>
    withVirtualClock(async (clock) => {
      const queue = new WorkQueue({ concurrency: 1 });
      await queue.onIdle();
      for (let i = 0; i < 3; i++) {
        queue.add(() => sleep(10).then(() => Promise.reject(new Error("no")))).catch(() => {});
      }
      await Promise.all([queue.onIdle(), queue.onIdle()]);
      expect([clock.now(), queue.active, queue.size]).toEqual([30, 0, 0]);
    }));

  test.each(["hold", "release"] as const)(
    'tells after all who await a result have heard of it, with "%s"',
    async (onTimeout) => {
      for (const method of ["onIdle", "drain", "shutdown"] as const) {
        for (const concurrency of [1, 2, 3, 4]) {
          const queue = new WorkQueue({ concurrency, onTimeout });
          const results: number[] = [];
          // More than the budget of a turn.
          const count = 1_000 + concurrency;
          for (let i = 0; i < count; i++) {
            const job = queue.add(async () => {
              if (i % 3 === 0) throw new Error("no");
              return i;
            });
            job.then(
              () => results.push(i),
              () => results.push(i),
            );
          }
          await queue[method]({ graceMs: Infinity });
          expect(results.length).toBe(count);
        }
      }
    },
  );

  test("tells after those have heard of it whose jobs were cleared", async () => {
    const queue = new WorkQueue({ concurrency: 1, paused: true });
    let cleared = 0;
    for (let i = 0; i < 3; i++) queue.add(() => {}).catch(() => cleared++);
    const idle = queue.onIdle();
    queue.clear();
    await idle;
    expect(cleared).toBe(3);
  });

  test("goes on waiting when who hears of the last result adds another job", async () => {
    const queue = new WorkQueue({ concurrency: 1 });
    let ended = 0;
    const job = async (): Promise<void> => {
      await turn();
      ended++;
    };
    void queue.add(job).then(() => queue.add(job));
    await queue.onIdle();
    expect(ended).toBe(2);
  });

  test("waits for those in a pause", async () => {
    const queue = new WorkQueue({ concurrency: 1, paused: true });
    const job = queue.add(() => {});
    let idle = false;
    const waiting = queue.onIdle().then(() => (idle = true));
    await turn();
    expect(idle).toBe(false);
    queue.resume();
    await Promise.all([waiting, job]);
  });

  test("ends when the last that waits is cancelled, and nothing runs", async () => {
    const queue = new WorkQueue({ concurrency: 1, paused: true });
    const controller = new AbortController();
    queue.add(() => {}, { signal: controller.signal }).catch(() => {});
    const told = Promise.all([queue.onIdle(), queue.onEmpty(), queue.drain()]);
    controller.abort();
    await told;
  });
});

describe("onEmpty() and onSizeLessThan()", () => {
  test("wait until none wait, or fewer than so many", () =>
    withVirtualClock(async (clock) => {
      const queue = new WorkQueue({ concurrency: 1, capacity: 2 });
      for (let i = 0; i < 5; i++) void queue.add(() => sleep(10));
      const log: string[] = [];
      const note = (name: string) => () => log.push(`${name} ${clock.now()}`);
      await queue.onSizeLessThan(5).then(note("5"));
      await queue.onSizeLessThan(Infinity).then(note("any"));
      void queue.onEmpty().then(note("empty"));
      void queue.onSizeLessThan(2).then(note("2"));
      void queue.onSizeLessThan(4).then(note("4"));
      void queue.onSizeLessThan(2).then(note("2 again"));
      await queue.onIdle().then(note("idle"));
      expect(log).toEqual(["5 0", "any 0", "4 10", "2 30", "2 again 30", "empty 40", "idle 50"]);
    }));

  test("let those go on who add a job each only as there is room", () =>
    withVirtualClock(async () => {
      const queue = new WorkQueue({ concurrency: 2 });
      let [most, added] = [0, 0];
      const producer = async (): Promise<void> => {
        for (let i = 0; i < 5; i++) {
          await queue.onSizeLessThan(3);
          void queue.add(() => sleep(1));
          added++;
          most = Math.max(most, queue.size);
        }
      };
      await Promise.all(Array.from({ length: 20 }, producer));
      expect([most, added]).toEqual([3, 100]);
      await queue.onIdle();
    }));

  test("let no newcomer go before those who are being told", async () => {
    const queue = new WorkQueue({ concurrency: 1, paused: true });
    const jobs = [1, 2].map(() => queue.add(() => {}));
    const log: string[] = [];
    const first = queue.onSizeLessThan(2).then(() => log.push("first"));
    const second = queue.onSizeLessThan(2).then(() => log.push("second"));
    queue.resume();
    const third = queue.onSizeLessThan(2).then(() => log.push("third"));
    await Promise.all([first, second, third, ...jobs]);
    expect(log).toEqual(["first", "second", "third"]);
  });

  test("skip one whose signal has aborted, before its listener has run", async () => {
    const queue = new WorkQueue({ concurrency: 1, paused: true });
    const job = queue.add(() => {});
    const controller = new AbortController();
    controller.signal.addEventListener("abort", () => queue.resume());
    const gone = queue.onEmpty({ signal: controller.signal });
    const other = queue.onEmpty();
    controller.abort("gone");
    await expect(gone).rejects.toBe("gone");
    await Promise.all([other, job]);
  });
});
