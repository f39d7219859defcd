import { describe, expect, test } from "vitest";
import { ClosedError, limit, sleep } from "corral";
import { withVirtualClock } from "corral/testing";

async function* asyncItems(): AsyncGenerator<number> {
  yield 1;
}

function* broken(): Generator<number> {
  yield 10;
  throw new Error("source");
}

describe("limit().map()", () => {
  test("calls the function for each item under the limit; results in the order of the items", async () => {
    await withVirtualClock(async (clock) => {
      const two = limit(2);
      let running = 0;
      let most = 0;
      const results = await two.map([30, 10, 20], async (ms, index) => {
        most = Math.max(most, ++running);
        await sleep(ms);
        running--;
        return `${index}: ${ms}`;
      });
      expect(results).toEqual(["0: 30", "1: 10", "2: 20"]);
      expect(most).toBe(2);
      expect(clock.now()).toBe(30);
    });
  });

  test("takes any iterable, and values as well as promises of them", async () => {
    expect(await limit(1).map(new Set([1, 2]), (n) => n * 2)).toEqual([2, 4]);
    expect(await limit(1).map("ab", async (letter) => letter)).toEqual(["a", "b"]);
    expect(await limit(1).map([], () => 1)).toEqual([]);
  });

  test("shares the limit with its other calls, in order", async () => {
    await withVirtualClock(async () => {
      const one = limit(1);
      const order: string[] = [];
      const before = one(() => order.push("before"));
      const mapping = one.map([1, 2], (n) => order.push(`item ${n}`));
      const after = one(() => order.push("after"));
      await Promise.all([before, mapping, after]);
      expect(order).toEqual(["before", "item 1", "item 2", "after"]);
    });
  });

  test("throws the first failure, as it is, when the running ones have ended", async () => {
    await withVirtualClock(async (clock) => {
      const two = limit(2);
      const error = new Error("first");
      const log: number[] = [];
      const mapping = two.map([5, 30, 10, 10], async (ms, index) => {
        await sleep(ms);
        log.push(index);
        if (index === 0) throw error;
        if (index === 1) throw new Error("second");
      });
      await expect(mapping).rejects.toBe(error);
      expect(log).toEqual([0, 1]);
      expect(clock.now()).toBe(30);
      expect([two.active, two.pending]).toEqual([0, 0]);
    });
  });

  test("pitfall 15: begins no further item after a failure", async () => {
    const begun: number[] = [];
    const mapping = limit(1).map([0, 1, 2], async (item) => {
      begun.push(item);
      throw new Error(`item ${item}`);
    });
    await expect(mapping).rejects.toThrow("item 0");
    expect(begun).toEqual([0]);
  });

  test("begins no further item after a failure at once", async () => {
    const begun: number[] = [];
    const mapping = limit(2).map([0, 1, 2], (item) => {
      begun.push(item);
      throw new Error(`item ${item}`);
    });
    await expect(mapping).rejects.toThrow("item 0");
    expect(begun).not.toContain(2);
  });

  test("drops its items from the line when one fails, and not those of others", async () => {
    await withVirtualClock(async () => {
      const two = limit(2);
      const log: string[] = [];
      const long = two(() => sleep(100));
      const mapping = two.map([0, 1, 2], async () => {
        await sleep(5);
        throw new Error("no");
      });
      const other = two(() => log.push("other's"));
      await expect(mapping).rejects.toThrow("no");
      await other;
      expect(log).toEqual(["other's"]);
      expect(two.pending).toBe(0);
      await long;
    });
  });

  test("drops its items from the line at once, also when no place becomes free", async () => {
    await withVirtualClock(async (clock) => {
      const gate = limit(2);
      const long = gate(() => sleep(1_000));
      const mapping = gate.map([0, 1, 2], async () => {
        await sleep(5);
        throw new Error("no");
      });
      gate.concurrency = 1;
      await expect(mapping).rejects.toThrow("no");
      expect(clock.now()).toBe(5);
      expect(gate.pending).toBe(0);
      await long;
    });
  });

  test("fails with a ClosedError when the limit is cleared", async () => {
    await withVirtualClock(async (clock) => {
      const one = limit(1);
      const mapping = one.map([1, 2], () => sleep(10));
      one.clear();
      await expect(mapping).rejects.toBeInstanceOf(ClosedError);
      expect(clock.now()).toBe(10);
    });
  });

  test("leaves the line when its signal aborts; what runs is waited for", async () => {
    await withVirtualClock(async (clock) => {
      const one = limit(1);
      const controller = new AbortController();
      const begun: number[] = [];
      const mapping = one.map(
        [1, 2],
        (item) => {
          begun.push(item);
          return sleep(10);
        },
        { signal: controller.signal },
      );
      await sleep(5);
      controller.abort("tired");
      await expect(mapping).rejects.toBe("tired");
      expect(clock.now()).toBe(10);
      expect(begun).toEqual([1]);
    });
  });

  test("refuses what is no function, and what is no iterable", async () => {
    const one = limit(1);
    await expect(one.map([1], undefined as never)).rejects.toThrow(TypeError);
    await expect(one.map(5 as never, () => 1)).rejects.toThrow(TypeError);
    await expect(one.map(asyncItems() as never, () => 1)).rejects.toThrow(TypeError);
    expect([one.active, one.pending]).toEqual([0, 0]);
  });

  test("waits for what runs when its source throws", async () => {
    await withVirtualClock(async (clock) => {
      const one = limit(1);
      await expect(one.map(broken(), (ms) => sleep(ms))).rejects.toThrow("source");
      expect(clock.now()).toBe(10);
      expect(one.active).toBe(0);
    });
  });
});
