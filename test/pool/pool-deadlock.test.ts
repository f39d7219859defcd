import { describe, expect } from "vitest";
import { DeadlockError, gather, sleep } from "corral";
import { withVirtualClock } from "corral/testing";
import { ambientTest } from "../support/mode.ts";
import { thingPool } from "./things.ts";

describe("a wait in a function of run() (needs ambient scopes)", () => {
  ambientTest("that could never end is refused, and says why", async () => {
    const { pool } = thingPool({ max: 1, name: "db" });
    const nested = pool.run(() => pool.acquire());
    await expect(nested).rejects.toBeInstanceOf(DeadlockError);
    await expect(nested).rejects.toThrow('the pool "db" is held by');
    expect([pool.idle, pool.waiting]).toEqual([1, 0]);
  });

  ambientTest("is refused also where the wait has a time: it would be over in vain", async () => {
    const { pool } = thingPool({ max: 1, acquireTimeoutMs: 1e6 });
    await expect(pool.run(() => pool.run(() => {}))).rejects.toBeInstanceOf(DeadlockError);
    expect(pool.waiting).toBe(0);
  });

  ambientTest("of all of them for each other is refused", async () => {
    await withVirtualClock(async () => {
      const { pool } = thingPool({ max: 2 });
      const both = gather(
        [1, 2].map(() => async () => {
          await pool.run(async () => {
            await sleep(1);
            await pool.run(() => {});
          });
        }),
      );
      await expect(both).rejects.toBeInstanceOf(DeadlockError);
    });
  });

  ambientTest("of others that have a time is none: they give up", async () => {
    await withVirtualClock(async (clock) => {
      const { pool } = thingPool({ max: 2 });
      const impatient = pool.run(async () => {
        await sleep(1);
        await pool.acquire({ timeoutMs: 50 }).catch(() => {});
      });
      const patient = pool.run(async () => {
        await sleep(2);
        await pool.run(() => {});
      });
      await Promise.all([impatient, patient]);
      expect(clock.now()).toBe(51);
    });
  });

  ambientTest("for one of several is none", async () => {
    const { pool } = thingPool({ max: 2 });
    await pool.run(() => pool.run(() => {}));
    expect(pool.idle).toBe(2);
  });
});
