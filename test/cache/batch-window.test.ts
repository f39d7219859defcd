import { describe, expect, test } from "vitest";
import { batch, now, sleep, TaskGroup } from "corral";
import { withVirtualClock } from "corral/testing";
import { runtime } from "../../src/internal/runtime.ts";
import { deferred } from "../support/deferred.ts";
import { ambientTest } from "../support/mode.ts";
import { settle } from "../support/settle.ts";
import { timersLeftBy, watchTimers } from "../support/timers.ts";
import { loads } from "./loads.ts";

describe("windowMs", () => {
  test("collects keys from the first on, for so long", () =>
    withVirtualClock(async (clock) => {
      const { sent, loadMany } = loads(0);
      const load = batch(loadMany, { windowMs: 100 });
      await sleep(5);
      const results = [load(1)];
      for (const ms of [50, 49, 2]) {
        await sleep(ms);
        results.push(load(clock.now()));
      }
      expect(await Promise.all(results)).toEqual(["#1", "#55", "#104", "#106"]);
      expect(sent).toEqual(["105: 1,55,104", "206: 106"]);
    }));

  test("is not prolonged by a key that is asked for again", () =>
    withVirtualClock(async () => {
      const { sent, loadMany } = loads(0);
      const load = batch(loadMany, { windowMs: 100 });
      const results = [load(1)];
      await sleep(99);
      results.push(load(1));
      await Promise.all(results);
      expect(sent).toEqual(["100: 1"]);
    }));

  test("is that of the next key when the first one is not wanted any more", () =>
    withVirtualClock(async () => {
      const { sent, loadMany } = loads(0);
      const load = batch(loadMany, { windowMs: 100 });
      const controller = new AbortController();
      const dropped = load(1, { signal: controller.signal });
      await sleep(30);
      const results = [load(2)];
      await sleep(30);
      results.push(load(3));
      controller.abort("gone");
      await expect(dropped).rejects.toBe("gone");
      await Promise.all(results);
      expect(sent).toEqual(["130: 2,3"]);
    }));

  test("is cut short by a full batch; what is left waits for its own", () =>
    withVirtualClock(async () => {
      const { sent, loadMany } = loads(0);
      const load = batch(loadMany, { windowMs: 100, max: 2 });
      const results = [load(1)];
      await sleep(10);
      results.push(load(2), load(3));
      await sleep(10);
      expect(sent).toEqual(["10: 1,2"]);
      await Promise.all(results);
      expect(sent).toEqual(["10: 1,2", "110: 3"]);
    }));

  test("that is over is seen when a place is free, be its timer late", async () => {
    let time = 0;
    runtime.clock = { now: () => time, set: () => ({ cancel: () => {} }) };
    try {
      const { sent, loadMany } = loads();
      const gate = deferred();
      const load = batch(
        async (keys: readonly number[], scope) => {
          await gate.promise;
          return loadMany(keys, scope);
        },
        { windowMs: 10, concurrency: 1 },
      );
      const results = [load(1)];
      load.flush();
      await settle();
      results.push(load(2));
      time = 10;
      gate.resolve();
      expect(await Promise.all(results)).toEqual(["#1", "#2"]);
      expect(sent).toEqual(["1", "2"]);
    } finally {
      runtime.clock = undefined;
    }
  });

  test("of Infinity waits for a full batch, or for flush()", () =>
    withVirtualClock(async (clock) => {
      const { sent, loadMany } = loads(0);
      const load = batch(loadMany, { windowMs: Infinity, max: 3 });
      const results = [load(1)];
      await clock.advance(1e9);
      load.flush();
      results.push(load(2));
      await clock.advance(1);
      results.push(load(3), load(4));
      await clock.advance(1);
      results.push(load(5));
      await Promise.all(results);
      expect(sent).toEqual(["1000000000: 1,2", "1000000002: 3,4,5"]);
    }));

  test("of zero and less is the turn, as without one", async () => {
    for (const windowMs of [0, -1, -Infinity, undefined]) {
      const { sent, loadMany } = loads();
      const load = batch(loadMany, { windowMs });
      const results = [load(1)];
      await Promise.resolve();
      results.push(load(2));
      await Promise.all(results);
      await load(3);
      expect(sent).toEqual(["1,2", "3"]);
    }
  });

  test("beyond 2^31 ms is exact", () =>
    withVirtualClock(async (clock) => {
      const load = batch(loads().loadMany, { windowMs: 2 ** 33 });
      await load(1);
      expect(clock.now()).toBe(2 ** 33);
    }));

  test("no batch goes later than its window, on the platform's clock", async () => {
    const load = batch(loads().loadMany, { windowMs: 20 });
    const start = now();
    await load(1);
    expect(now() - start).toBeGreaterThan(19);
  });

  test("leaves no timer when all has been sent, or nobody wants it", async () => {
    const left = await timersLeftBy(async () => {
      const load = batch(loads().loadMany, { windowMs: 60_000, max: 2 });
      await Promise.all([load(1), load(2)]);
      const results = [load(3)];
      load.flush();
      await Promise.all(results);
      const controller = new AbortController();
      const dropped = load(1, { signal: controller.signal });
      controller.abort("gone");
      await expect(dropped).rejects.toBe("gone");
    });
    expect(left).toBe(0);
  });

  test("begins anew on another clock; what waits on the old one goes at once", async () => {
    const { sent, loadMany } = loads();
    const load = batch(loadMany, { windowMs: 1_000 });
    runtime.clock = { now: () => 1e9, set: () => ({ cancel: () => {} }) };
    const results = [load(1)];
    runtime.clock = undefined;
    await withVirtualClock(async (clock) => {
      results.push(load(2));
      await clock.runUntilIdle();
      expect([sent, clock.now()]).toEqual([["1,2"], 0]);
      results.push(load(3));
      await clock.advance(999);
      expect(sent).toEqual(["1,2"]);
      await Promise.all(results);
      expect([sent, clock.now()]).toEqual([["1,2", "3"], 1_000]);
    });
  });

  test("keeps the process alive", async () => {
    const timers = watchTimers();
    try {
      const load = batch(loads().loadMany, { windowMs: 60_000 });
      const result = load(1);
      expect([timers.count(), timers.live()]).toEqual([1, 1]);
      load.flush();
      await result;
    } finally {
      timers.stop();
    }
  });

  ambientTest(
    "does not keep the process alive while only daemons wait (needs ambient scopes)",
    async () => {
      const timers = watchTimers();
      try {
        const load = batch(loads().loadMany, { windowMs: 60_000 });
        const group = new TaskGroup();
        group.spawn(() => load(1), { daemon: true });
        group.spawn(() => load(2), { daemon: true });
        expect([timers.count(), timers.live()]).toEqual([1, 0]);
        const result = load(1);
        expect([timers.count(), timers.live()]).toEqual([1, 1]);
        group.spawn(() => load(3), { daemon: true });
        expect([timers.count(), timers.live()]).toEqual([1, 1]);
        load.flush();
        await result;
        expect(timers.count()).toBe(0);
        group.spawn(() => load(4), { daemon: true });
        expect([timers.count(), timers.live()]).toEqual([1, 0]);
        group.cancel();
        await group.join().catch(() => {});
      } finally {
        timers.stop();
      }
    },
  );
});

test("without windowMs no timer is set", async () => {
  const timers = watchTimers();
  try {
    const load = batch(loads().loadMany);
    const result = load(1);
    expect(timers.count()).toBe(0);
    await result;
    await settle();
    expect(timers.count()).toBe(0);
  } finally {
    timers.stop();
  }
});
