import { getEventListeners } from "node:events";
import { describe, expect, test } from "vitest";
import { CancelScope, sleep, taskGroup } from "corral";
import { endScope, openScope } from "../../src/cancel/scope-life.ts";
import { grant, park, WaitQueue } from "../../src/cancel/wait.ts";
import { type Deferred, deferred } from "../support/deferred.ts";
import { at, ambientTest } from "../support/mode.ts";

/** A chain of scopes, each in the one before, all open until the gate is. */
function chain(
  depth: number,
  until: Deferred<void>,
): { scopes: CancelScope[]; ends: Promise<unknown> } {
  const scopes: CancelScope[] = [];
  const runs: Promise<unknown>[] = [];
  for (let i = 0; i < depth; i++) {
    const scope = new CancelScope(i === 0 ? undefined : { signal: scopes[i - 1]!.signal });
    scopes.push(scope);
    runs.push(scope.run(() => until.promise));
  }
  return { scopes, ends: Promise.all(runs) };
}

describe("a cancellation goes through the tree in three steps", () => {
  test("abort listeners see the final state: all marked, all waits settled", async () => {
    const hold = deferred();
    const { scopes, ends } = chain(4, hold);
    const line = new WaitQueue<void>("thing");
    const waits = scopes.map((scope) => park(line, scope, undefined).promise);
    const rejected: number[] = [];
    const heard = waits.map((wait, i) => wait.catch(() => rejected.push(i)));
    const states: boolean[][] = [];
    for (const scope of scopes) {
      scope.signal.addEventListener("abort", () => {
        states.push(scopes.map((each) => each.cancelled));
        expect(line.length).toBe(0);
      });
    }
    scopes[0]!.cancel();
    expect(states).toEqual(Array.from({ length: 4 }, () => [true, true, true, true]));
    await Promise.all(heard);
    expect(rejected).toEqual([0, 1, 2, 3]);
    hold.resolve();
    await ends;
  });

  test("signals abort outermost first, whatever the order in which they were read", () => {
    const hold = deferred();
    const { scopes, ends } = chain(5, hold);
    const order: number[] = [];
    for (const i of [3, 1, 4, 0, 2]) {
      scopes[i]!.signal.addEventListener("abort", () => order.push(i));
    }
    scopes[1]!.cancel();
    scopes[0]!.cancel();
    expect(order).toEqual([1, 2, 3, 4, 0]);
    hold.resolve();
    return ends;
  });

  test("a cancel from inside an abort listener works, and its signals abort after those under way", () => {
    const hold = deferred();
    const { scopes, ends } = chain(3, hold);
    const other = new CancelScope();
    const order: string[] = [];
    scopes[0]!.signal.addEventListener("abort", () => {
      order.push("outermost");
      other.cancel("from inside");
      // Marked at once, told later.
      expect(other.cancelled).toBe(true);
      expect(other.signal.aborted).toBe(false);
      order.push("still outermost");
    });
    for (const [i, name] of ["", "middle", "innermost"].entries()) {
      if (i > 0) scopes[i]!.signal.addEventListener("abort", () => order.push(name));
    }
    other.signal.addEventListener("abort", () => order.push("other"));
    scopes[0]!.cancel();
    expect(order).toEqual(["outermost", "still outermost", "middle", "innermost", "other"]);
    expect(other.signal.reason).toMatchObject({ reason: "from inside" });
    hold.resolve();
    return ends;
  });

  test("a listener that cancels the same scope again changes nothing", () => {
    const scope = new CancelScope();
    scope.signal.addEventListener("abort", () => scope.cancel("second"));
    scope.cancel("first");
    expect(scope.reason).toBe("first");
  });

  test("a scope opened by an abort listener in the cancelled part is cancelled", async () => {
    const outer = new CancelScope();
    let inner: Promise<unknown> = Promise.resolve();
    outer.signal.addEventListener("abort", () => {
      const scope = new CancelScope({ signal: outer.signal });
      inner = scope.run(() => sleep(Infinity, { signal: scope.signal }));
      inner.catch(() => {});
    });
    outer.cancel("all");
    await expect(inner).rejects.toBe(outer.signal.reason);
  });

  test("a scope that a listener ends early loses nobody else his cancellation", async () => {
    const hold = deferred();
    const root = new CancelScope();
    const parts = ["a", "b", "c"].map((name) => new CancelScope({ name, signal: root.signal }));
    const runs = parts.map((scope) => scope.run(() => hold.promise));
    parts[0]!.signal.addEventListener("abort", () => hold.resolve());
    root.cancel();
    expect(parts.map((scope) => scope.signal.aborted)).toEqual([true, true, true]);
    await Promise.all(runs);
  });
});

test("a stray wait of a started task, also on its group's signal, hides no sibling", async () => {
  const reached: string[] = [];
  let stuck: string[] = [];
  await taskGroup(async (group) => {
    await group.start(async (started) => {
      // Left pending: in the task's scope, and on the signal of the group.
      void sleep(Infinity, { signal: group.scope.signal });
      started(undefined);
    });
    const tasks = ["a", "b"].map((name) =>
      group.spawn((task) => sleep(Infinity, at(task.scope)).finally(() => reached.push(name)), {
        name,
      }),
    );
    group.cancel("stop");
    stuck = tasks.filter((task) => !task.scope.cancelled).map((task) => task.name);
    // So that the test fails rather than hangs.
    for (const task of tasks) task.cancel();
  });
  expect(stuck).toEqual([]);
  expect(reached).toEqual(["a", "b"]);
});

describe("no recursion", () => {
  test("5,000 nested scopes are cancelled, and end", async () => {
    const hold = deferred();
    const { scopes, ends } = chain(5_000, hold);
    const innermost = scopes.at(-1)!;
    const wait = sleep(Infinity, { signal: innermost.signal });
    expect(innermost.effectiveDeadline).toBe(Infinity);
    scopes[0]!.deadline = Number.MAX_SAFE_INTEGER;
    expect(innermost.effectiveDeadline).toBe(Number.MAX_SAFE_INTEGER);
    scopes[0]!.cancel("all");
    expect(scopes.every((scope) => scope.cancelled)).toBe(true);
    await expect(wait).rejects.toBe(innermost.signal.reason);
    hold.resolve();
    await ends;
  });

  test("5,000 nested scopes that have ended let the stray wait go that kept them", async () => {
    const root = new CancelScope();
    const scopes = [root];
    openScope(root, undefined);
    for (let i = 1; i < 5_000; i++) {
      const scope = new CancelScope();
      openScope(scope, scopes[i - 1]);
      scopes.push(scope);
    }
    const line = new WaitQueue<string>("thing");
    const stray = park(line, scopes.at(-1), undefined);
    for (const scope of scopes.toReversed()) endScope(scope);
    expect(root.first === undefined).toBe(false);
    grant(stray, "value");
    await expect(stray.promise).resolves.toBe("value");
    expect(root.first === undefined).toBe(true);
  });

  ambientTest("5,000 scopes deep in one another's callbacks (needs ambient scopes)", async () => {
    let innermost: CancelScope | undefined;
    const descend = async (depth: number): Promise<void> => {
      await Promise.resolve();
      await new CancelScope().run((scope) => {
        innermost = scope;
        return depth === 0 ? sleep(Infinity) : descend(depth - 1);
      });
    };
    const outer = new CancelScope();
    const run = outer.run(async () => {
      const all = descend(5_000);
      await new Promise<void>((resolve) => setImmediate(resolve));
      outer.cancel("all");
      await all;
    });
    await expect(run).rejects.toMatchObject({ reason: "all" });
    expect(innermost!.reason).toBe("all");
  });

  test("100,000 children are cancelled, and end", async () => {
    const root = new CancelScope();
    const hold = deferred();
    const runs: Promise<unknown>[] = [];
    const children: CancelScope[] = [];
    for (let i = 0; i < 100_000; i++) {
      const scope = new CancelScope({ signal: root.signal });
      children.push(scope);
      runs.push(scope.run(() => hold.promise));
    }
    root.cancel();
    expect(children.every((scope) => scope.cancelled)).toBe(true);
    hold.resolve();
    await Promise.all(runs);
  });
});

test("a scope holds nothing of an inner scope or wait that has ended", async () => {
  const outer = new CancelScope();
  openScope(outer, undefined);
  const line = new WaitQueue<void>("thing");
  for (const cancel of [false, true]) {
    const inner = new CancelScope();
    openScope(inner, outer);
    const waits = [park(line, inner, undefined), park(line, outer, inner.signal)];
    if (cancel) inner.cancel();
    for (const wait of waits) grant(wait, undefined);
    await Promise.allSettled(waits.map((wait) => wait.promise));
    inner.controller = undefined;
    endScope(inner);
    expect(outer.first === undefined).toBe(true);
    expect(outer.last === undefined).toBe(true);
  }
  expect(getEventListeners(outer.signal, "abort")).toHaveLength(0);
});
