import fc from "fast-check";
import { expect, test } from "vitest";
import {
  CancelScope,
  shield,
  sleep,
  type Task,
  taskGroup,
  type TaskGroup,
  TimeoutError,
} from "corral";
import { withVirtualClock } from "corral/testing";
import { at } from "../support/mode.ts";

const ends = [
  "return",
  "throw",
  "abort",
  "swallow",
  "clean up",
  "clean up badly",
  "spawn",
] as const;

interface Child {
  readonly sleeps: readonly number[];
  readonly end: (typeof ends)[number];
  readonly daemon: boolean;
}

interface Program {
  readonly children: readonly Child[];
  readonly concurrency: number;
  readonly timeoutMs: number;
  readonly body: { readonly ms: number; readonly end: "return" | "throw" | "swallow" };
  readonly cancelAt: number;
  readonly finishAt: number;
  readonly outerAt: number;
  /** A child that is cancelled alone. */
  readonly single: { readonly child: number; readonly at: number };
}

const rarely = (arbitrary: fc.Arbitrary<number>): fc.Arbitrary<number> =>
  fc.option(arbitrary, { nil: Infinity, freq: 2 });
const ms = fc.integer({ min: 0, max: 40 });

const program: fc.Arbitrary<Program> = fc.record({
  children: fc.array(
    fc.record({
      sleeps: fc.array(rarely(ms), { maxLength: 3 }),
      end: fc.constantFrom(...ends),
      daemon: fc.nat(5).map((n) => n === 0),
    }),
    { maxLength: 6 },
  ),
  concurrency: fc.constantFrom(1, 2, Infinity),
  timeoutMs: rarely(ms),
  body: fc.record({ ms, end: fc.constantFrom("return", "return", "throw", "swallow") }),
  cancelAt: rarely(ms),
  finishAt: rarely(ms),
  outerAt: rarely(ms),
  single: fc.record({ child: fc.nat(5), at: rarely(ms) }),
});

const finalStates = new Set(["succeeded", "failed", "cancelled"]);

class Trace {
  readonly failures: unknown[] = [];
  readonly started: number[] = [];
  /** Those of them that had to have a place. */
  readonly inOrder: number[] = [];
  readonly tasks: Task<unknown>[] = [];
  readonly daemons = new Set<number>();
  readonly expected = new Map<number, string>();
  running = 0;
  /** Those running that hold one of the group's places: all but daemons. */
  placed = 0;
  most = 0;
  finished = false;
  bodyReturned = false;

  fail(error: unknown): never {
    this.failures.push(error);
    throw error;
  }
}

/** What the child does. No two events of a program are at the same moment: each has its own fraction. */
async function act(
  trace: Trace,
  group: TaskGroup<string>,
  child: Child,
  id: number,
  task: Task<unknown>,
): Promise<string> {
  trace.started.push(id);
  if (!child.daemon) trace.inOrder.push(id);
  trace.running++;
  if (!child.daemon) trace.most = Math.max(trace.most, ++trace.placed);
  const { scope } = task;
  try {
    for (const [i, each] of child.sleeps.entries()) {
      await sleep(each + (id * 4 + i + 1) / 1_000, at(scope));
    }
    // Two at one moment: the second's AbortError would come when the first has cancelled the group.
    if (child.end === "abort") await sleep(1 + id / 1_000, at(scope));
  } catch (error) {
    if (child.end === "swallow") {
      await sleep(1, at(scope)).catch(() => {});
      trace.expected.set(id, "succeeded");
      return "swallowed";
    }
    trace.expected.set(id, "cancelled");
    if (child.end === "clean up badly") {
      await shield((cleanup) => sleep(5, at(cleanup)), { timeoutMs: 1_000 });
      trace.expected.set(id, "failed");
      trace.fail(new Error(`cleanup ${id}`));
    }
    throw error;
  } finally {
    if (child.end === "clean up") {
      await shield((cleanup) => sleep(5, at(cleanup)), { timeoutMs: 1_000 });
    }
    trace.running--;
    if (!child.daemon) trace.placed--;
  }
  if (child.end === "throw") {
    trace.expected.set(id, "failed");
    trace.fail(new Error(`child ${id}`));
  }
  if (child.end === "abort" && !scope.cancelled) {
    trace.expected.set(id, "failed");
    trace.fail(new DOMException("not ours", "AbortError"));
  }
  if (child.end === "spawn") spawn(trace, group, { sleeps: [3], end: "return", daemon: false });
  trace.expected.set(id, "succeeded");
  return `child ${id}`;
}

function spawn(trace: Trace, group: TaskGroup<string>, child: Child): void {
  const id = trace.tasks.length;
  if (child.daemon) trace.daemons.add(id);
  // Its place is taken before it runs, since it may spawn at once.
  trace.tasks.push(undefined as never);
  trace.tasks[id] = group.spawn((task) => act(trace, group, child, id, task), {
    daemon: child.daemon,
  });
}

async function run(plan: Program): Promise<void> {
  const trace = new Trace();
  const outer = new CancelScope({ name: "outer" });
  let group!: TaskGroup<string>;
  let ended = false;
  const later = (moment: number, then: () => void): void => {
    if (moment === Infinity) return;
    void sleep(moment).then(
      () => {
        if (!ended) then();
      },
      () => {},
    );
  };
  let cancelledFirst = false;
  /** Whether the group has cancelled itself, before anybody else did. */
  let ownFirst = false;
  later(plan.cancelAt + 0.0001, () => {
    cancelledFirst = !group.scope.cancelled;
    ownFirst ||= cancelledFirst;
    group.cancel("cancelled");
  });
  later(plan.finishAt + 0.0002, () => {
    trace.finished = true;
    ownFirst ||= !group.scope.cancelled;
    group.finish("finished");
  });
  later(plan.outerAt + 0.0003, () => outer.cancel("outer"));
  later(plan.single.at + 0.0004, () => trace.tasks[plan.single.child]?.cancel("alone"));
  // A program of waits that nobody ends would never end.
  later(500, () => outer.cancel("outer"));

  const timeoutMs = plan.timeoutMs === Infinity ? {} : { timeoutMs: plan.timeoutMs + 0.0005 };
  let result: { value?: unknown; error?: unknown } = {};
  let outerVisible = false;
  await outer
    .run(() =>
      taskGroup<string, string>(
        async (it) => {
          group = it;
          for (const child of plan.children) spawn(trace, group, child);
          try {
            await sleep(plan.body.ms + 0.0006, at(group.scope));
          } catch (error) {
            if (plan.body.end !== "swallow") throw error;
          }
          if (plan.body.end === "throw") trace.fail(new Error("body"));
          trace.bodyReturned = true;
          return "body";
        },
        { ...at(outer), ...timeoutMs, concurrency: plan.concurrency },
      ).then(
        (value) => {
          ended = true;
          outerVisible = outer.cancelled;
          result = { value };
        },
        (error: unknown) => {
          ended = true;
          outerVisible = outer.cancelled;
          result = { error };
        },
      ),
    )
    .catch(() => {});

  // It has not ended before its children, cleanup included.
  expect(trace.running).toBe(0);
  expect(group.size).toBe(0);
  for (const [id, task] of trace.tasks.entries()) {
    expect(finalStates).toContain(task.status);
    if (!trace.started.includes(id)) expect(task.status).toBe("cancelled");
    else if (trace.expected.has(id)) expect(task.status).toBe(trace.expected.get(id));
  }
  // Children begin in the order of the calls, so many at once.
  expect(trace.inOrder).toEqual(trace.inOrder.toSorted((a, b) => a - b));
  expect(trace.most).toBeLessThanOrEqual(plan.concurrency);
  expect(group.failures).toEqual(trace.failures);

  // What it ends with: the first that is true. A body's value counts unless others have cut a child short.
  const cutShort = trace.tasks.some(
    ({ status, scope }, id) =>
      status === "cancelled" && scope.reason !== "alone" && !trace.daemons.has(id),
  );
  if (trace.failures.length > 0) {
    expect(result).toEqual({ error: trace.failures[0] });
    expect(result.error).toBe(trace.failures[0]);
  } else if (trace.finished && !outerVisible) {
    expect(result).toEqual({ value: "finished" });
  } else if (trace.bodyReturned && !(cutShort && !ownFirst)) {
    expect(result).toEqual({ value: "body" });
  } else if (outerVisible) {
    expect(result.error).toBe(outer.signal.reason);
  } else if (!cancelledFirst) {
    expect(result.error).toBeInstanceOf(TimeoutError);
  } else {
    expect(result).toMatchObject({ error: { name: "AbortError", reason: "cancelled" } });
  }
}

test("a task group ends after its children, with the first rule of its outcome that is true", async () => {
  await withVirtualClock(() =>
    fc.assert(
      fc.asyncProperty(program, (plan) => run(plan)),
      { numRuns: 150 },
    ),
  );
});
