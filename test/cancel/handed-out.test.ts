import { describe, expect, test } from "vitest";
import { CancelScope } from "corral";

/** The signals of scopes in one another, all of which have ended, below the first. */
async function nested(outer: CancelScope, depth: number): Promise<AbortSignal[]> {
  const scope = new CancelScope({ signal: outer.signal });
  return scope.run(async () => {
    const inner = depth > 1 ? await nested(scope, depth - 1) : [];
    return [scope.signal, ...inner];
  });
}

describe("a signal that outlives its scope, and those around that", () => {
  test("is aborted with the one that is open still, the outermost first", async () => {
    const outer = new CancelScope();
    const order: number[] = [];
    await outer
      .run(async () => {
        const signals = await nested(outer, 3);
        for (const [i, signal] of signals.entries()) {
          signal.addEventListener("abort", () => order.push(i));
        }
        expect(signals.map(({ aborted }) => aborted)).toEqual([false, false, false]);
        outer.cancel("over");
        expect(signals.map(({ aborted }) => aborted)).toEqual([true, true, true]);
        expect(signals.every((signal) => signal.reason === outer.signal.reason)).toBe(true);
      })
      .catch(() => {});
    expect(new Set(order)).toEqual(new Set([0, 1, 2]));
    expect(order).toHaveLength(3);
  });

  test("is aborted by the second of its parents, too", async () => {
    const controller = new AbortController();
    const outer = new CancelScope();
    const signals = await outer.run(async () => {
      const middle = new CancelScope({ signal: controller.signal });
      return middle.run(() => nested(middle, 2));
    });
    expect(signals.map(({ aborted }) => aborted)).toEqual([false, false]);
    controller.abort("stop");
    expect(signals.map(({ aborted }) => aborted)).toEqual([true, true]);
  });

  test("is not aborted by the end of one that was cancelled and shielded from", async () => {
    const outer = new CancelScope();
    const inner = new CancelScope({ signal: outer.signal });
    await outer
      .run(async () => {
        await inner.run(() => void inner.signal);
        outer.cancel("over");
      })
      .catch(() => {});
    expect(inner.signal.aborted).toBe(true);
    const other = new CancelScope();
    await other.run(() => void other.signal);
    expect(other.signal.aborted).toBe(false);
  });

  test("takes no time with the square of their number, and no stack", async () => {
    const depth = 10_000;
    const controller = new AbortController();
    const signals: AbortSignal[] = [];
    let scope = new CancelScope({ signal: controller.signal });
    const ends: (() => void)[] = [];
    const runs: Promise<void>[] = [];
    for (let i = 0; i < depth; i++) {
      signals.push(scope.signal);
      runs.push(scope.run(() => new Promise<void>((resolve) => ends.push(resolve))));
      scope = new CancelScope({ signal: scope.signal });
    }
    // The innermost first, as scopes end.
    for (const end of ends.toReversed()) end();
    await Promise.all(runs);
    expect(signals.some(({ aborted }) => aborted)).toBe(false);
    controller.abort("stop");
    expect(signals.every(({ aborted }) => aborted)).toBe(true);
  });
});
