import { afterEach, describe, expect, test, vi } from "vitest";
import { CancelScope, sleep } from "corral";
import { withVirtualClock } from "corral/testing";
import { ambientTest, at } from "../support/mode.ts";
import { reportsDuring } from "../support/reports.ts";
import { thingPool } from "./things.ts";

afterEach(() => void vi.unstubAllEnvs());

describe("a lease that is held for leakWarnMs", () => {
  test("is reported once, with the place where it was acquired", async () => {
    await withVirtualClock(async () => {
      const { pool } = thingPool({ max: 3, name: "db", leakWarnMs: 100 });
      const reports = await reportsDuring(async () => {
        const lease = await pool.acquire({ name: "import" });
        await sleep(99);
        await pool.run(() => sleep(50));
        await sleep(1_000);
        await lease.release();
        await pool.acquire();
        await sleep(1_000);
      });
      expect(reports).toEqual([
        expect.stringMatching(
          /^A lease of pool "db" is held for 100 ms, and not released: by "import", acquired at .*pool-leaks\.test\.ts\S*:\d+:\d+/,
        ),
        expect.stringContaining('A lease of pool "db" is held for 100 ms, and not released: by'),
      ]);
      expect(pool.stats().leaks).toBe(2);
    });
  });

  test("names the place also of those who had to wait, and of run()", async () => {
    await withVirtualClock(async () => {
      const { pool } = thingPool({ max: 1, leakWarnMs: 100 });
      const reports = await reportsDuring(async () => {
        await pool.run(() => sleep(200));
        const lease = await pool.acquire();
        const waiting = pool.acquire();
        await lease.release();
        await waiting;
        await sleep(200);
      });
      expect(reports.length).toBe(2);
      for (const line of reports) expect(line).toContain("pool-leaks.test.ts");
    });
  });

  test("is reported without the place in production", async () => {
    vi.stubEnv("NODE_ENV", "production");
    await withVirtualClock(async () => {
      const { pool } = thingPool({ leakWarnMs: 100 });
      const reports = await reportsDuring(async () => {
        await pool.acquire({ name: "import" });
        await sleep(200);
      });
      expect(reports).toEqual([
        'A lease of a pool is held for 100 ms, and not released: by "import"',
      ]);
    });
  });

  ambientTest("is called as its nearest scope with a name (needs ambient scopes)", async () => {
    await withVirtualClock(async () => {
      const { pool } = thingPool({ leakWarnMs: 100 });
      const reports = await reportsDuring(async () => {
        await new CancelScope({ name: "nightly" }).run((scope) => pool.acquire(at(scope)));
        await sleep(200);
      });
      expect(reports).toEqual([expect.stringContaining(': by "nightly", acquired at')]);
    });
  });
});

test("nothing is measured without leakWarnMs", async () => {
  await withVirtualClock(async () => {
    const { pool } = thingPool();
    const reports = await reportsDuring(async () => {
      await pool.acquire();
      await sleep(1e6);
    });
    expect(reports).toEqual([]);
  });
});
