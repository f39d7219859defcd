import { setImmediate as turn } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { cancellable, CancelScope, limit, sleep, taskGroup, type TaskGroup, timeout } from "corral";

const gc = (globalThis as { gc?: () => void }).gc!;

/** Whether all are collected, given some turns and collections. */
async function collected(refs: readonly WeakRef<object>[]): Promise<number> {
  for (let i = 0; i < 10 && refs.some((ref) => ref.deref() !== undefined); i++) {
    await turn();
    gc();
  }
  return refs.filter((ref) => ref.deref() !== undefined).length;
}

/** Keeps a scope open while `act` looks at what it holds. */
async function inOpenScope(act: (scope: CancelScope) => Promise<void>): Promise<void> {
  await new CancelScope().run(act);
}

test("the check itself sees what is held", async () => {
  const held = {};
  expect(await collected([new WeakRef(held)])).toBe(1);
  expect(held).toBeDefined();
});

async function afterwards(
  act: (group: TaskGroup, refs: WeakRef<object>[]) => Promise<void>,
): Promise<number> {
  let left = -1;
  await taskGroup(async (group) => {
    const refs: WeakRef<object>[] = [];
    await act(group, refs);
    await sleep(0);
    left = await collected(refs);
  });
  return left;
}

describe("a group that goes on holds nothing", () => {
  test("of children that have succeeded, nor of what they returned", async () => {
    const left = await afterwards(async (group, refs) => {
      for (let i = 0; i < 10; i++) {
        const value = { i };
        const task = group.spawn(async () => {
          await sleep(0);
          return value;
        });
        refs.push(new WeakRef(task), new WeakRef(task.scope), new WeakRef(value));
      }
      await group.join();
    });
    expect(left).toBe(0);
  });

  test("of children that were cancelled alone, nor of their errors", async () => {
    const left = await afterwards(async (group, refs) => {
      for (let i = 0; i < 10; i++) {
        const task = group.spawn(() => sleep(60_000));
        task.cancel("alone");
        refs.push(new WeakRef(task), new WeakRef(task.scope.signal.reason as object));
      }
      await group.join();
    });
    expect(left).toBe(0);
  });

  test("of children that ended while another never does", async () => {
    const left = await afterwards(async (group, refs) => {
      group.spawn(() => sleep(Infinity), { daemon: true });
      for (let i = 0; i < 10; i++) {
        const task = group.spawn(() => sleep(0));
        refs.push(new WeakRef(task));
        await task;
      }
    });
    expect(left).toBe(0);
  });
});

describe("an open scope holds nothing", () => {
  test("of waits that were settled", () =>
    inOpenScope(async (scope) => {
      const refs: WeakRef<object>[] = [];
      const controller = new AbortController();
      const run = async (): Promise<void> => {
        for (let i = 0; i < 10; i++) {
          const wait = sleep(0, { signal: controller.signal });
          refs.push(new WeakRef(wait));
          await wait;
          const gone = new AbortController();
          const aborted = sleep(60_000, { signal: gone.signal });
          refs.push(new WeakRef(aborted), new WeakRef(gone.signal));
          gone.abort();
          await aborted.catch(() => {});
        }
      };
      await run();
      expect(await collected(refs)).toBe(0);
      expect(scope.first === undefined).toBe(true);
    }));

  test("of scopes that have ended, their signals handed out and dropped", () =>
    inOpenScope(async (scope) => {
      const refs: WeakRef<object>[] = [];
      const run = async (): Promise<void> => {
        for (let i = 0; i < 10; i++) {
          await timeout(60_000, (inner) => {
            refs.push(new WeakRef(inner), new WeakRef(inner.signal));
          });
        }
      };
      await run();
      expect(await collected(refs)).toBe(0);
      // Their places in the tree go with them, when the collector has told of it.
      for (let i = 0; i < 10 && scope.first !== undefined; i++) await turn();
      expect(scope.first === undefined).toBe(true);
    }));

  test("of an error that was caught", () =>
    inOpenScope(async () => {
      const refs: WeakRef<object>[] = [];
      const run = async (): Promise<void> => {
        const errors = [0, 1].map((i) => new Error(`failed ${i}`));
        refs.push(...errors.map((error) => new WeakRef(error)));
        await taskGroup((group) => {
          for (const error of errors) group.spawn(() => Promise.reject(error));
        }).catch(() => {});
        await timeout(0, () => sleep(5)).catch((error: object) => refs.push(new WeakRef(error)));
        const inner = new CancelScope();
        inner.cancel();
        await inner.run(() => sleep(5)).catch((error: object) => refs.push(new WeakRef(error)));
      };
      await run();
      expect(refs).toHaveLength(4);
      expect(await collected(refs)).toBe(0);
    }));

  test("of an abandoned promise's wait", () =>
    inOpenScope(async (scope) => {
      const refs: WeakRef<object>[] = [];
      const run = async (): Promise<void> => {
        const controller = new AbortController();
        const wait = cancellable(new Promise(() => {}), { signal: controller.signal });
        refs.push(new WeakRef(controller.signal));
        controller.abort();
        await wait.catch(() => {});
      };
      await run();
      expect(await collected(refs)).toBe(0);
      expect(scope.first === undefined).toBe(true);
    }));
});

test("a handed-out signal stays within reach while it is held, though its scope is not", async () => {
  const outer = new CancelScope();
  await outer.run(async () => {
    const signal = await timeout(60_000, (inner) => inner.signal);
    for (let i = 0; i < 5; i++) {
      await turn();
      gc();
    }
    expect(signal.aborted).toBe(false);
    outer.cancel("outer");
    expect(signal.aborted).toBe(true);
  });
});

// Keeping it would keep every signal that a listener was ever left on; see the decision on signals that
// outlive their scope.
test("a handed-out signal that nobody holds is not kept, though it has a listener", async () => {
  const outer = new CancelScope();
  await outer.run(async () => {
    let heard = false;
    await timeout(60_000, (inner) => {
      inner.signal.addEventListener("abort", () => {
        heard = true;
      });
    });
    for (let i = 0; i < 5; i++) {
      await turn();
      gc();
    }
    outer.cancel("outer");
    expect(heard).toBe(false);
  });
});

test("a limit holds nothing of calls that have ended, failed or left the line", async () => {
  const refs: WeakRef<object>[] = [];
  const one = limit(1);
  const run = async (): Promise<void> => {
    for (let i = 0; i < 10; i++) {
      const value = { i };
      const error = new Error(`failed ${i}`);
      const controller = new AbortController();
      refs.push(new WeakRef(value), new WeakRef(error), new WeakRef(controller.signal));
      const calls = [
        one(async () => {
          await sleep(0);
          return value;
        }),
        one(() => Promise.reject(error)),
        one(() => value, { signal: controller.signal }),
      ];
      controller.abort();
      await Promise.allSettled(calls);
    }
  };
  await run();
  expect(await collected(refs)).toBe(0);
});
