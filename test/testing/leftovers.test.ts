import { expect, test } from "vitest";
import { CancelScope, detached, limit, shield, sleep } from "corral";
import { withVirtualClock } from "corral/testing";
import { at } from "../support/mode.ts";

test("what a test leaves behind has the clock for all of its cleanup", async () => {
  let stray: Promise<unknown> | undefined;
  await withVirtualClock(async (clock) => {
    const scope = new CancelScope();
    stray = scope
      .run(async () => {
        try {
          await sleep(Infinity, at(scope));
        } finally {
          await shield(
            async (cleanup) => {
              await sleep(1, at(cleanup));
              await sleep(Infinity, at(cleanup));
            },
            { timeoutMs: 50 },
          );
        }
      })
      .catch((error: Error) => error.name);
    await clock.runUntilIdle();
    scope.cancel();
  });
  expect(await stray).toBe("TimeoutError");
});

test("stray code that never rests does not keep the clock from ending", async () => {
  let stop = false;
  const one = limit(1);
  await withVirtualClock(() =>
    detached(() => {
      // Out of reach of the test's end, so that something is left to wait for.
      void sleep(Infinity);
      void (async () => {
        while (!stop) await one(() => new Promise((resolve) => void setImmediate(resolve)));
      })();
    }),
  );
  stop = true;
});
