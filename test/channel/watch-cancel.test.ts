import { getEventListeners } from "node:events";
import { describe, expect, test } from "vitest";
import { CancelScope, isCancellation, timeout, waitTree } from "corral";
import { withVirtualClock } from "corral/testing";
import { Watch } from "../../src/channel/watch.ts";
import { at } from "../support/mode.ts";
import { unhandledDuring } from "../support/unhandled.ts";

describe("changed() that is cancelled", () => {
  test("leaves the line and has seen nothing", async () => {
    const watch = new Watch(0);
    const reader = watch.subscribe();
    const controller = new AbortController();
    const cancelled = reader.changed({ signal: controller.signal });
    controller.abort("gone");
    await expect(cancelled).rejects.toBe("gone");
    expect(reader.waiting).toBe(0);
    watch.set(1);
    expect(reader.hasChanged).toBe(true);
    await reader.changed();
    expect(getEventListeners(controller.signal, "abort")).toHaveLength(0);
  });

  test("has seen nothing when its signal has aborted, though no listener has run yet", async () => {
    const watch = new Watch(0);
    const reader = watch.subscribe();
    const controller = new AbortController();
    const { signal } = controller;
    signal.addEventListener("abort", () => watch.set(1));
    const cancelled = reader.changed({ signal });
    controller.abort("gone");
    await expect(cancelled).rejects.toBe("gone");
    expect(reader.hasChanged).toBe(true);
    await reader.changed();
    expect(reader.hasChanged).toBe(false);
  });

  test("keeps what it was told in the same tick", async () => {
    const watch = new Watch(0);
    const reader = watch.subscribe();
    const controller = new AbortController();
    const changed = reader.changed({ signal: controller.signal });
    watch.set(1);
    controller.abort("late");
    await changed;
    expect(reader.hasChanged).toBe(false);
  });
});

describe("waitFor() that is cancelled", () => {
  test("leaves the line, and its predicate is not asked again", async () => {
    const watch = new Watch(0);
    const controller = new AbortController();
    const asked: number[] = [];
    const cancelled = watch.waitFor(
      (n) => {
        asked.push(n);
        return n > 0;
      },
      { signal: controller.signal },
    );
    controller.abort("gone");
    watch.set(1);
    await expect(cancelled).rejects.toBe("gone");
    expect([asked, watch.stats().waiting]).toEqual([[0], 0]);
    expect(getEventListeners(controller.signal, "abort")).toHaveLength(0);
  });

  test("is not asked when its signal has aborted, though no listener has run yet", async () => {
    const watch = new Watch(0);
    const controller = new AbortController();
    const { signal } = controller;
    signal.addEventListener("abort", () => watch.set(1));
    const asked: number[] = [];
    const cancelled = watch.waitFor(
      (n) => {
        asked.push(n);
        return n > 0;
      },
      { signal },
    );
    const other = watch.waitFor((n) => n > 0);
    controller.abort("gone");
    await expect(cancelled).rejects.toBe("gone");
    expect(await other).toBe(1);
    expect(asked).toEqual([0]);
  });

  test("rejects at once in a cancelled scope, and asks nothing", async () => {
    const watch = new Watch(0);
    const reader = watch.subscribe();
    watch.set(1);
    const scope = new CancelScope();
    const errors: unknown[] = [];
    let asked = false;
    await expect(
      scope.run(async () => {
        scope.cancel("why");
        const waits = [
          () =>
            watch.waitFor(() => {
              asked = true;
              return true;
            }, at(scope)),
          () => reader.changed(at(scope)),
          () => reader.values(at(scope)).next(),
        ];
        for (const wait of [...waits, ...waits]) {
          await (wait() as Promise<unknown>).catch((error: unknown) => errors.push(error));
        }
        await reader.changed(at(scope));
      }),
    ).rejects.toThrow("why");
    expect(errors).toHaveLength(6);
    expect(errors.every((error) => isCancellation(error))).toBe(true);
    expect([asked, reader.hasChanged]).toEqual([false, true]);
  });

  test("ends with a timeout around it", async () => {
    await withVirtualClock(async () => {
      const watch = new Watch(0);
      await expect(
        timeout(50, (scope) => watch.waitFor((n) => n > 0, at(scope))),
      ).rejects.toMatchObject({ name: "TimeoutError" });
      expect(watch.stats().waiting).toBe(0);
    });
  });

  test("a predicate that cancels its own scope ends its own wait", async () => {
    const watch = new Watch(0);
    const scope = new CancelScope();
    await expect(
      scope.run(() =>
        watch.waitFor(() => {
          scope.cancel("own");
          return false;
        }, at(scope)),
      ),
    ).rejects.toThrow("own");
    expect(watch.stats().waiting).toBe(0);
  });

  test("is nobody's unhandled rejection", async () => {
    const watch = new Watch(0);
    const controller = new AbortController();
    const { signal } = controller;
    const rejections = await unhandledDuring(() => {
      void watch.waitFor((n) => n > 0, { signal });
      void watch.subscribe().changed({ signal });
      void watch.subscribe().values({ signal }).next();
      controller.abort();
    });
    expect(rejections).toEqual([]);
  });

  test("20 000 leave the line by one signal", async () => {
    const watch = new Watch(0);
    const controller = new AbortController();
    const { signal } = controller;
    const calls = Array.from({ length: 20_000 }, () => watch.waitFor((n) => n > 0, { signal }));
    const last = watch.waitFor((n) => n > 0);
    controller.abort("all");
    const results = await Promise.allSettled(calls);
    expect(results.every((each) => each.status === "rejected" && each.reason === "all")).toBe(true);
    watch.set(1);
    expect(await last).toBe(1);
  });
});

test("waitTree() names what is waited for", async () => {
  const watch = new Watch(0, { name: "state" });
  const scope = new CancelScope({ name: "consumer" });
  const waits = scope.run(() =>
    Promise.all([watch.waitFor((n) => n > 0, at(scope)), watch.subscribe().changed(at(scope))]),
  );
  expect(waitTree(scope).match(/waits for watch "state"/g)).toHaveLength(2);
  watch.set(1);
  await waits;
});
