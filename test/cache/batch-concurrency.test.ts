import { describe, expect, test } from "vitest";
import { batch, sleep } from "corral";
import { withVirtualClock } from "corral/testing";
import { settle } from "../support/settle.ts";
import { loads } from "./loads.ts";

describe("concurrency", () => {
  test("lets so many batches be under way, the others in the order in which their keys came", () =>
    withVirtualClock(async () => {
      const { sent, loadMany } = loads(100);
      const load = batch(loadMany, { max: 2, concurrency: 2 });
      const all = load.many([1, 2, 3, 4, 5, 6, 7]);
      await sleep(50);
      expect(load.stats()).toEqual({ pending: 3, active: 2, loading: 4 });
      expect(await all).toEqual(["#1", "#2", "#3", "#4", "#5", "#6", "#7"]);
      expect(sent).toEqual(["0: 1,2", "0: 3,4", "100: 5,6", "100: 7"]);
    }));

  test("lets those that wait collect keys, up to a full batch", () =>
    withVirtualClock(async () => {
      const { sent, loadMany } = loads(100);
      const load = batch(loadMany, { max: 3, concurrency: 1 });
      const results = [load(0)];
      for (const key of [1, 2, 1, 3, 4]) {
        await sleep(10);
        results.push(load(key));
      }
      expect(load.pending).toBe(4);
      await Promise.all(results);
      expect(sent).toEqual(["0: 0", "100: 1,2,3", "200: 4"]);
    }));

  test("a window that is over while all places are taken is not begun anew", () =>
    withVirtualClock(async () => {
      const { sent, loadMany } = loads(100);
      const load = batch(loadMany, { windowMs: 30, concurrency: 1, max: 2 });
      const results = [load(1)];
      await sleep(50);
      results.push(load(2));
      await sleep(70);
      results.push(load(3), load(4));
      // At 130 one place is free, 2 waits since 50, 3 makes the batch full; 4 waits until 150.
      await Promise.all(results);
      expect(sent).toEqual(["30: 1", "130: 2,3", "230: 4"]);
    }));

  test("a window that is not over is waited for, also with a free place", () =>
    withVirtualClock(async () => {
      const { sent, loadMany } = loads(10);
      const load = batch(loadMany, { windowMs: 30, concurrency: 1 });
      const results = [load(1)];
      await sleep(35);
      results.push(load(2));
      await Promise.all(results);
      expect(sent).toEqual(["30: 1", "65: 2"]);
    }));

  test("flush() sends what waits for its window as soon as a place is free", () =>
    withVirtualClock(async () => {
      const { sent, loadMany } = loads(100);
      const load = batch(loadMany, { windowMs: Infinity, concurrency: 1 });
      const results = [load(1)];
      load.flush();
      await sleep(10);
      results.push(load(2));
      load.flush();
      await sleep(10);
      results.push(load(3));
      await Promise.all(results);
      expect(sent).toEqual(["0: 1", "100: 2,3"]);
    }));

  test("a place is free when its batch has failed, whatever way", async () => {
    const ways: (() => unknown)[] = [
      () => {
        throw new Error("at once");
      },
      () => Promise.reject(new Error("later")),
      () => "no results",
      () => [],
      () => [new Error("of the key")],
    ];
    const load = batch(() => ways.shift()!() as never, { max: 1, concurrency: 1 });
    const outcomes = await Promise.allSettled([1, 2, 3, 4, 5].map((key) => load(key)));
    expect(outcomes.map(({ status }) => status)).toEqual(outcomes.map(() => "rejected"));
    await settle();
    expect(load.stats()).toEqual({ pending: 0, active: 0, loading: 0 });
  });

  test("pitfall 8: a batch that was cancelled holds its place until it has really ended", () =>
    withVirtualClock(async () => {
      const log: string[] = [];
      const load = batch(
        async ([key]: readonly number[], { signal }) => {
          log.push(`${key} begins`);
          try {
            await sleep(100, { signal });
          } catch {
            // As one does that cannot be cancelled.
            await new Promise((resolve) => void setImmediate(resolve));
            await Promise.resolve();
          }
          log.push(`${key} ends`);
          return [key];
        },
        { max: 1, concurrency: 1 },
      );
      const controller = new AbortController();
      const first = load(1, { signal: controller.signal });
      const second = load(2);
      await sleep(50);
      controller.abort("gone");
      await expect(first).rejects.toBe("gone");
      expect(load.stats()).toMatchObject({ pending: 1, active: 1 });
      await second;
      expect(log).toEqual(["1 begins", "1 ends", "2 begins", "2 ends"]);
    }));
});
