import { getEventListeners } from "node:events";
import { beforeAll, describe, expect, test } from "vitest";
import type * as Corral from "../../src/index.ts";
import type * as CorralTesting from "../../src/testing/index.ts";
import { ambientTest, at } from "../support/mode.ts";
import { secondCopy } from "../support/second-copy.ts";

type Library = typeof Corral;
type Testing = typeof CorralTesting;

let a: Library;
let b: Library;
let bTesting: Testing;

beforeAll(async () => {
  a = await import("../../src/index.ts");
  ({ library: b, testing: bTesting } = await secondCopy());
  // All of the library is loaded once more, which takes its time on a busy machine.
}, 60_000);

test("there are two copies", () => {
  expect(a.CancelScope).not.toBe(b.CancelScope);
  expect(a.CancelledError).not.toBe(b.CancelledError);
});

describe("two copies of the library in one process", () => {
  test("a scope of one cancels waits of the other", async () => {
    const scope = new a.CancelScope();
    const run = scope.run(async () => {
      const waits = [
        a.sleep(60_000, at(scope)),
        b.sleep(60_000, at(scope)),
        b.timeout(60_000, (inner) => b.sleep(60_000, at(inner)), at(scope)),
        b.taskGroup((group) => a.sleep(60_000, at(group.scope)), at(scope)),
      ];
      scope.cancel("stop");
      for (const end of await Promise.allSettled(waits)) {
        expect(end).toMatchObject({ status: "rejected", reason: scope.signal.reason });
      }
      await expect(Promise.resolve(b.checkpoint(at(scope)))).rejects.toBe(scope.signal.reason);
    });
    await run;
  });

  test("the signal of a scope of one is recognised by the other: parent, reason, deadline", async () => {
    const parent = new a.CancelScope({ timeoutMs: 60_000 });
    await parent.run(async () => {
      const child = new b.CancelScope({ signal: parent.signal });
      await child.run(async () => {
        const wait = b.sleep(60_000, { signal: parent.signal });
        expect(getEventListeners(parent.signal, "abort")).toHaveLength(0);
        expect(child.effectiveDeadline).toBe(parent.deadline);
        parent.cancel("why");
        expect(child.reason).toBe("why");
        await expect(wait).rejects.toBe(parent.signal.reason);
      });
    });
  });

  ambientTest("see each other's current scope (needs ambient scopes)", async () => {
    const scope = new a.CancelScope();
    await scope.run(() => {
      expect(b.CancelScope.current).toBe(scope);
      expect(b.currentSignal()).toBe(scope.signal);
      b.detached(() => expect(a.CancelScope.current).toBeUndefined());
    });
  });

  test("a shield of one hides the cancellation of a scope of the other", async () => {
    const outer = new a.CancelScope();
    await outer.run(() =>
      b.shield(
        async (scope) => {
          outer.cancel();
          await a.sleep(0, at(scope));
        },
        { timeoutMs: 60_000 },
      ),
    );
  });

  test("instanceof goes by brand, both ways", () => {
    const makers: [keyof Library, (library: Library) => unknown][] = [
      ["CancelledError", (library) => new library.CancelledError("why")],
      ["TimeoutError", (library) => new library.TimeoutError(5)],
      ["ClosedError", (library) => new library.ClosedError("closed")],
      ["DeadlockError", (library) => new library.DeadlockError("dead")],
      ["LaggedError", (library) => new library.LaggedError(2)],
      ["QueueFullError", (library) => new library.QueueFullError(3)],
      ["CircuitOpenError", (library) => new library.CircuitOpenError(10)],
    ];
    for (const [name, make] of makers) {
      for (const [one, other] of [
        [a, b],
        [b, a],
      ] as const) {
        expect(make(one)).toBeInstanceOf(other[name] as never);
        for (const [wrong] of makers) {
          if (wrong !== name) expect(make(one)).not.toBeInstanceOf(other[wrong] as never);
        }
      }
    }
    for (const other of [undefined, null, 5, "e", {}, new Error("e"), new TypeError("e")]) {
      expect(other instanceof a.CancelledError).toBe(false);
    }
    expect(b.isCancellation(new a.CancelledError())).toBe(true);
  });

  test("a class that extends an error of ours is told by prototype", () => {
    class Mine extends a.TimeoutError {}
    expect(new Mine(0)).toBeInstanceOf(Mine);
    expect(new Mine(0)).toBeInstanceOf(b.TimeoutError);
    expect(new a.TimeoutError(0)).not.toBeInstanceOf(Mine);
    class Again extends Mine {}
    expect(new Again(0)).toBeInstanceOf(Mine);
    expect(new Again(0)).toBeInstanceOf(a.TimeoutError);
    expect(new Again(0)).toBeInstanceOf(b.TimeoutError);
    expect(new Again(0)).not.toBeInstanceOf(b.CancelledError);
    class Theirs extends b.CancelledError {}
    expect(new Theirs()).toBeInstanceOf(a.CancelledError);
    expect(a.isCancellation(new Theirs())).toBe(true);
    expect(new Theirs()).not.toBeInstanceOf(a.TimeoutError);
  });

  test("failuresOf() of one knows what a group of the other has failed with", async () => {
    const first = new Error("first");
    const second = new Error("second");
    const error: unknown = await a
      .taskGroup((group) => {
        group.spawn(() => Promise.reject(first));
        group.spawn(() => Promise.reject(second));
      })
      .catch((thrown: unknown) => thrown);
    expect(b.failuresOf(error)).toEqual([first, second]);
  });

  test("spend one budget", async () => {
    let served = false;
    setImmediate(() => {
      served = true;
    });
    let rounds = 0;
    for (; !served && rounds < 1_000_000; rounds++) await (rounds % 2 === 0 ? a : b).checkpoint();
    expect(rounds).toBeLessThan(1_000_000);
    // A hop of one is the hop of the other.
    let hop: Promise<void> | undefined;
    while (hop === undefined) hop = a.checkpoint();
    expect(b.checkpoint()).toBe(hop);
    await hop;
  });

  test("follow one virtual clock", () =>
    bTesting.withVirtualClock(async (clock) => {
      const order: string[] = [];
      await Promise.all([
        a.sleep(3_600_000).then(() => order.push("a")),
        b.sleep(1_800_000).then(() => order.push("b")),
      ]);
      expect(order).toEqual(["b", "a"]);
      expect(a.now()).toBe(clock.now());
      expect(clock.now()).toBe(3_600_000);
      await expect(a.timeout(5, (scope) => b.sleep(10, at(scope)))).rejects.toBeInstanceOf(
        b.TimeoutError,
      );
    }));

  test("the tree of one shows the waits and scopes of the other", async () => {
    const scope = new a.CancelScope({ name: "outer" });
    await scope.run(async () => {
      const inner = new b.CancelScope({ ...at(scope), name: "inner" });
      const run = inner.run(() => b.sleep(60_000, at(inner)));
      const tree = a.waitTree(scope);
      expect(b.waitTree(scope)).toBe(tree);
      expect(tree).toContain('scope "inner"');
      expect(tree).toContain("waits for sleep");
      inner.cancel();
      await run.catch(() => {});
    });
  });

  test("a cancel of one from inside an abort listener of the other waits for its turn", () => {
    const first = new a.CancelScope();
    const second = new b.CancelScope();
    const order: string[] = [];
    first.signal.addEventListener("abort", () => {
      second.cancel();
      order.push("first");
    });
    second.signal.addEventListener("abort", () => order.push("second"));
    first.cancel();
    expect(order).toEqual(["first", "second"]);
  });
});
