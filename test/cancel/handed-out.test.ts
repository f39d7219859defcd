import { describe, expect, test } from "vitest";
import { CancelScope, waitTree } from "corral";

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
    await outer.run(async () => {
      const signals = await nested(outer, 3);
      for (const [i, signal] of signals.entries()) {
        signal.addEventListener("abort", () => order.push(i));
      }
      expect(signals.map(({ aborted }) => aborted)).toEqual([false, false, false]);
      outer.cancel("over");
      expect(signals.map(({ aborted }) => aborted)).toEqual([true, true, true]);
      expect(signals.every((signal) => signal.reason === outer.signal.reason)).toBe(true);
    });
    expect(new Set(order)).toEqual(new Set([0, 1, 2]));
    expect(order).toHaveLength(3);
  });

  test.each([1, 2])("is aborted by the second of its parents, too, with %d of them", async (n) => {
    const controller = new AbortController();
    const outer = new CancelScope();
    const signals = await outer.run(async () => {
      const middle = new CancelScope({ signal: controller.signal });
      return middle.run(() => nested(middle, n));
    });
    expect(signals.some(({ aborted }) => aborted)).toBe(false);
    controller.abort("stop");
    expect(signals.map(({ aborted }) => aborted)).toEqual(signals.map(() => true));
  });

  test("is drawn as what it is", async () => {
    const outer = new CancelScope({ name: "outer" });
    await outer.run(async () => {
      const signals = await nested(outer, 3);
      expect(waitTree(outer).split("\n")).toEqual([
        'scope "outer"',
        '└─ scope "signals that outlive their scopes"',
      ]);
      expect(signals).toHaveLength(3);
    });
  });

  test("keeps the reason of the first of its parents that is cancelled", async () => {
    const controller = new AbortController();
    const outer = new CancelScope();
    const middle = new CancelScope({ signal: controller.signal });
    let aborts = 0;
    const inner = await outer.run(() =>
      middle.run(async () => {
        const scope = new CancelScope({ signal: middle.signal });
        await scope.run(() => scope.signal.addEventListener("abort", () => aborts++));
        return scope;
      }),
    );
    controller.abort("one");
    outer.cancel("two");
    expect([inner.reason, inner.signal.aborted, aborts]).toEqual(["one", true, 1]);
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
