import { getEventListeners } from "node:events";
import { setImmediate as turn } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { CancelScope } from "corral";

const gc = (globalThis as { gc?: () => void }).gc!;

/** How many listeners a signal has when all that can be collected is. */
async function listenersOf(signal: AbortSignal): Promise<number> {
  const count = (): number => getEventListeners(signal, "abort").length;
  for (let i = 0; i < 20 && count() > 0; i++) {
    await turn();
    gc();
  }
  return count();
}

/** Uses a signal whose listener holds the one of a scope below it. */
async function use(): Promise<WeakRef<AbortSignal>> {
  const { signal } = new AbortController();
  await new CancelScope({ signal }).run((scope) => {
    const held = scope.signal;
    signal.addEventListener("abort", () => held.throwIfAborted());
  });
  return new WeakRef(signal);
}

describe("signals that outlive their scopes, and hold one another", () => {
  test("are forgotten: an outer one whose listener holds the inner one", async () => {
    const { signal } = new AbortController();
    await new CancelScope({ signal }).run(async (outer) => {
      await new CancelScope({ signal: outer.signal }).run((inner) => {
        const held = inner.signal;
        outer.signal.addEventListener("abort", () => held.throwIfAborted());
      });
    });
    expect(await listenersOf(signal)).toBe(0);
  });

  test("are forgotten: the inner one of a scope that was cancelled, and whose error holds it", async () => {
    const { signal } = new AbortController();
    await new CancelScope({ signal }).run(async (outer) => {
      const middle = new CancelScope({ signal: outer.signal });
      await middle
        .run(async () => {
          const inner = new CancelScope({ signal: middle.signal });
          await inner.run(() => undefined);
          const held = inner.signal;
          middle.cancel({ held });
        })
        .catch(() => {});
    });
    expect(await listenersOf(signal)).toBe(0);
  });

  test("hold each other only as long as somebody else holds one", async () => {
    const { signal } = new AbortController();
    let held: AbortSignal | undefined;
    await new CancelScope({ signal }).run(async (outer) => {
      await new CancelScope({ signal: outer.signal }).run((inner) => {
        held = inner.signal;
      });
    });
    expect(await listenersOf(signal)).toBe(1);
    expect(held?.aborted).toBe(false);
    held = undefined;
    expect(await listenersOf(signal)).toBe(0);
  });

  test("keep no foreign signal alive whose listener holds one of them", async () => {
    const refs = await Promise.all([use(), use()]);
    const alive = (): number => refs.filter((ref) => ref.deref() !== undefined).length;
    for (let i = 0; i < 20 && alive() > 0; i++) {
      await turn();
      gc();
    }
    expect(alive()).toBe(0);
  });
});
