import { getEventListeners } from "node:events";
import { describe, expect, test } from "vitest";
import { CancelledError, CancelScope, ClosedError } from "corral";
import {
  fail,
  grant,
  grantAll,
  grantFirst,
  park,
  placeOf,
  refusal,
  type Wait,
  WaitQueue,
} from "../../src/cancel/wait.ts";
import { runtime } from "../../src/internal/runtime.ts";
import { deferred } from "../support/deferred.ts";

/** A line whose waits note how they were settled, in the order in which they hear of it. */
function observed(): {
  line: WaitQueue<string>;
  enter: (name: string, scope?: CancelScope, signal?: AbortSignal) => Wait<string>;
  heard: string[];
  all: () => Promise<unknown>;
} {
  const line = new WaitQueue<string>("thing");
  const heard: string[] = [];
  const ends: Promise<unknown>[] = [];
  const enter = (name: string, scope?: CancelScope, signal?: AbortSignal): Wait<string> => {
    const wait = park(line, scope ?? placeOf(signal), signal);
    ends.push(
      wait.promise.then(
        (value) => heard.push(`${name}: ${value}`),
        (error: unknown) =>
          heard.push(`${name}: ${error instanceof CancelledError ? "cancelled" : String(error)}`),
      ),
    );
    return wait;
  };
  return { line, enter, heard, all: () => Promise.all(ends) };
}

function nameOf(wait: unknown): string {
  return String((wait as Wait).payload);
}

function members(line: WaitQueue<string>): Wait<string>[] {
  const list: Wait<string>[] = [];
  for (let wait = line.first; wait !== undefined; wait = wait.next) list.push(wait);
  return list;
}

describe("a wait is settled once", () => {
  test("grant() then cancel() in the same tick keeps the value", async () => {
    const { enter, heard, all } = observed();
    const scope = new CancelScope();
    const wait = enter("a", scope);
    expect(grant(wait, "value")).toBe(true);
    scope.cancel();
    await all();
    expect(heard).toEqual(["a: value"]);
  });

  test("grant() then abort() in the same tick keeps the value", async () => {
    const { enter, heard, all } = observed();
    const controller = new AbortController();
    const wait = enter("a", undefined, controller.signal);
    expect(grant(wait, "value")).toBe(true);
    controller.abort("late");
    await all();
    expect(heard).toEqual(["a: value"]);
  });

  test("cancel() then grantFirst() in the same tick passes to the next in line", async () => {
    const { line, enter, heard, all } = observed();
    const scope = new CancelScope();
    enter("a", scope);
    enter("b");
    scope.cancel();
    expect(grantFirst(line, "value")).toBe(true);
    await all();
    expect(heard.toSorted()).toEqual(["a: cancelled", "b: value"]);
  });

  test("grant() of one that was cancelled says that it was not taken", async () => {
    const { enter, heard, all } = observed();
    const scope = new CancelScope();
    const wait = enter("a", scope);
    scope.cancel();
    expect(grant(wait, "value")).toBe(false);
    expect(fail(wait, new Error("closed"))).toBe(false);
    await all();
    expect(heard).toEqual(["a: cancelled"]);
  });

  test("grant() twice counts once", async () => {
    const { enter, heard, all } = observed();
    const wait = enter("a");
    expect(grant(wait, "first")).toBe(true);
    expect(grant(wait, "second")).toBe(false);
    await all();
    expect(heard).toEqual(["a: first"]);
  });

  test("grantFirst() of an empty line says that nobody took it", () => {
    const { line, enter } = observed();
    expect(grantFirst(line, "value")).toBe(false);
    const scope = new CancelScope();
    enter("a", scope);
    scope.cancel();
    expect(grantFirst(line, "value")).toBe(false);
  });

  test("fail() rejects with the error as it is", async () => {
    const { enter } = observed();
    const error = new ClosedError("closed");
    const wait = enter("a");
    expect(fail(wait, error)).toBe(true);
    await expect(wait.promise).rejects.toBe(error);
  });
});

describe("a line", () => {
  test("grantFirst() serves first come, first served", async () => {
    const { line, enter, heard, all } = observed();
    for (const name of ["a", "b", "c"]) enter(name);
    for (const value of ["1", "2", "3"]) grantFirst(line, value);
    await all();
    expect(heard).toEqual(["a: 1", "b: 2", "c: 3"]);
    expect(line.length).toBe(0);
    expect(line.first).toBeUndefined();
    expect(line.last).toBeUndefined();
  });

  test("grantAll() serves first come, first served, and skips who was cancelled", async () => {
    const { line, enter, heard, all } = observed();
    const scope = new CancelScope();
    enter("a");
    enter("b", scope);
    enter("c");
    scope.cancel();
    grantAll(line, "go");
    await all();
    expect(heard.filter((entry) => entry.endsWith("go"))).toEqual(["a: go", "c: go"]);
    expect(heard).toContain("b: cancelled");
  });

  test.each([0, 1, 2, 3])("a cancellation takes out place %i of 4 alone", (at) => {
    const { line, enter } = observed();
    const scope = new CancelScope();
    const waits = ["a", "b", "c", "d"].map((name, i) => enter(name, i === at ? scope : undefined));
    const gone = waits[at]!;
    scope.cancel();
    const rest = waits.filter((wait) => wait !== gone);
    expect(members(line)).toEqual(rest);
    expect(line.length).toBe(3);
    expect(line.last).toBe(rest.at(-1));
    expect(rest[0]!.previous).toBeUndefined();
    expect(rest.at(-1)!.next).toBeUndefined();
    // It holds no neighbour, so that nobody who has left is kept by one who stays.
    expect(gone.next).toBeUndefined();
    expect(gone.previous).toBeUndefined();
    expect(gone.pending).toBe(false);
  });

  test("tells its owner of those a cancellation took out, when all of them have gone", () => {
    const left: string[] = [];
    const line = new WaitQueue<string>("thing", undefined, (wait) =>
      left.push(`${String(wait.payload)} of ${line.length}`),
    );
    const scope = new CancelScope();
    park(line, scope, undefined, "a");
    park(line, undefined, undefined, "b");
    park(line, scope, undefined, "c");
    scope.cancel();
    expect(left).toEqual(["a of 1", "c of 1"]);
  });

  test("does not tell its owner of a grant", async () => {
    let left = 0;
    const line = new WaitQueue<string>("thing", undefined, () => left++);
    const wait = park(line, undefined, undefined);
    grant(wait, "value");
    await wait.promise;
    expect(left).toBe(0);
  });
});

describe("a foreign signal", () => {
  test("that is aborted already takes nothing", async () => {
    const reason = new Error("gone");
    const signal = AbortSignal.abort(reason);
    await expect(refusal(placeOf(signal), signal)).rejects.toBe(reason);
    expect(getEventListeners(signal, "abort")).toHaveLength(0);
  });

  test("that is aborted while its listener has not run: the waiter is never granted", async () => {
    const { line, enter, heard, all } = observed();
    const controller = new AbortController();
    controller.signal.addEventListener("abort", () => {
      expect(grantFirst(line, "released")).toBe(true);
    });
    enter("a", undefined, controller.signal);
    enter("b");
    controller.abort("gone");
    await all();
    expect(heard.toSorted()).toEqual(["a: gone", "b: released"]);
  });

  test("that is aborted while its listener has not run: nor when it came beside a scope", async () => {
    const { line, enter, heard, all } = observed();
    const controller = new AbortController();
    controller.signal.addEventListener("abort", () => {
      expect(grantFirst(line, "released")).toBe(true);
    });
    enter("a", new CancelScope(), controller.signal);
    enter("b");
    controller.abort("gone");
    await all();
    expect(heard.toSorted()).toEqual(["a: gone", "b: released"]);
  });

  test("that is aborted while its listener has not run: grant() and fail() are refused", async () => {
    const { enter, heard, all } = observed();
    const controller = new AbortController();
    const results: boolean[] = [];
    const waits: Wait<string>[] = [];
    controller.signal.addEventListener("abort", () => {
      results.push(grant(waits[0]!, "value"), fail(waits[1]!, new Error("closed")));
    });
    for (const name of ["a", "b"]) waits.push(enter(name, undefined, controller.signal));
    controller.abort("gone");
    expect(results).toEqual([false, false]);
    await all();
    expect(heard).toEqual(["a: gone", "b: gone"]);
  });

  test("that is aborted while its listener has not run: grantAll() passes its waiters over", async () => {
    const { line, enter, heard, all } = observed();
    const controller = new AbortController();
    controller.signal.addEventListener("abort", () => grantAll(line, "go"));
    enter("a");
    enter("b", undefined, controller.signal);
    enter("c");
    controller.abort("gone");
    await all();
    expect(heard.toSorted()).toEqual(["a: go", "b: gone", "c: go"]);
  });
});

describe("a scope and a signal beside each other", () => {
  test("the scope cancels, and the signal is let go", async () => {
    const { line, enter, heard, all } = observed();
    const scope = new CancelScope();
    const controller = new AbortController();
    enter("a", scope, controller.signal);
    scope.cancel();
    expect(getEventListeners(controller.signal, "abort")).toHaveLength(0);
    controller.abort("late");
    await all();
    expect(heard).toEqual(["a: cancelled"]);
    expect(line.length).toBe(0);
  });

  test("the signal cancels with its raw reason, and the scope is let go", async () => {
    const { enter, heard, all } = observed();
    const scope = new CancelScope();
    const controller = new AbortController();
    enter("a", scope, controller.signal);
    controller.abort("raw");
    expect(scope.first).toBeUndefined();
    scope.cancel();
    await all();
    expect(heard).toEqual(["a: raw"]);
  });

  test("a grant lets both go", async () => {
    const { enter, all } = observed();
    const scope = new CancelScope();
    const controller = new AbortController();
    grant(enter("a", scope, controller.signal), "value");
    expect(scope.first).toBeUndefined();
    expect(getEventListeners(controller.signal, "abort")).toHaveLength(0);
    await all();
  });

  test("the signal of another scope cancels with that scope's error", async () => {
    const { enter } = observed();
    const inner = new CancelScope();
    const other = new CancelScope();
    const wait = enter("a", inner, other.signal);
    other.cancel("other");
    await expect(wait.promise).rejects.toBe(other.signal.reason);
    expect(inner.cancelled).toBe(false);
    expect(inner.first).toBeUndefined();
  });
});

test("a cancellation settles the waits of several scopes in the order in which they began", async () => {
  const { enter, heard, all } = observed();
  const root = new CancelScope();
  const held = deferred();
  const inner = ["x", "y"].map((name) => new CancelScope({ name, signal: root.signal }));
  const runs = inner.map((scope) => scope.run(() => held.promise));
  enter("1", inner[1]);
  enter("2", root);
  enter("3", inner[0]);
  enter("4", inner[1]);
  enter("5", root);
  root.cancel();
  await all();
  expect(heard).toEqual(["1", "2", "3", "4", "5"].map((name) => `${name}: cancelled`));
  held.resolve();
  await Promise.all(runs);
});

test("a cancellation settles two waits in the order in which they began, whosever scope came first", async () => {
  const { enter, heard, all } = observed();
  const root = new CancelScope();
  const held = deferred();
  const inner = [1, 2].map(() => new CancelScope({ signal: root.signal }));
  const runs = inner.map((scope) => scope.run(() => held.promise));
  enter("first", inner[1]);
  enter("second", inner[0]);
  root.cancel();
  await all();
  expect(heard).toEqual(["first: cancelled", "second: cancelled"]);
  held.resolve();
  await Promise.all(runs);
});

test("a cancellation that reaches a wait in two ways takes it out once", async () => {
  let told = 0;
  const line = new WaitQueue<string>("thing", undefined, () => told++);
  const root = new CancelScope();
  const held = deferred();
  const inner = [1, 2].map(() => new CancelScope({ signal: root.signal }));
  const runs = inner.map((scope) => scope.run(() => held.promise));
  const wait = park(line, inner[0], inner[1]!.signal);
  root.cancel("over");
  expect([line.length, told]).toEqual([0, 1]);
  await expect(wait.promise).rejects.toBe(inner[0]!.signal.reason);
  held.resolve();
  await Promise.all(runs);
});

test("a wait knows what it waits for and since when", () => {
  const target = { name: "the door" };
  const line = new WaitQueue<void>("semaphore", target);
  const before = Math.trunc(runtime.time());
  const first = park(line, undefined, undefined, "payload");
  const second = park(line, undefined, undefined);
  expect(first.line.kind).toBe("semaphore");
  expect(first.line.target).toBe(target);
  expect(first.payload).toBe("payload");
  expect(first.since).toBeGreaterThanOrEqual(before);
  expect(first.since).toBeLessThanOrEqual(runtime.time());
  expect(second.order).toBeGreaterThan(first.order);
  grantAll(line, undefined);
});

test("a watcher hears of each wait once when it starts and once when it ends", () => {
  const heard: string[] = [];
  const previous = runtime.watcher;
  runtime.watcher = {
    started: (wait) => heard.push(`+${nameOf(wait)}`),
    ended: (wait) => heard.push(`-${nameOf(wait)}`),
  };
  try {
    const line = new WaitQueue<void>("thing");
    const scope = new CancelScope();
    const { signal } = new AbortController();
    const granted = park(line, scope, undefined, "granted");
    park(line, scope, signal, "cancelled");
    const failed = park(line, undefined, undefined, "failed");
    grant(granted, undefined);
    scope.cancel();
    grant(granted, undefined);
    fail(failed, new Error("closed"));
  } finally {
    runtime.watcher = previous;
  }
  expect(heard).toEqual(["+granted", "+cancelled", "+failed", "-granted", "-cancelled", "-failed"]);
});
