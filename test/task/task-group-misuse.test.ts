import { expect, test } from "vitest";
import { ClosedError, taskGroup, TaskGroup, type TaskGroupOptions } from "corral";

test.each([
  [{ concurrency: 0 }, RangeError],
  [{ concurrency: -1 }, RangeError],
  [{ concurrency: 1.5 }, RangeError],
  [{ concurrency: NaN }, RangeError],
  [{ concurrency: "2" }, TypeError],
  [{ timeoutMs: NaN }, RangeError],
  [{ timeoutMs: "5" }, TypeError],
  [{ throws: "all" }, TypeError],
  [{ signal: {} }, TypeError],
  [null, TypeError],
  [5, TypeError],
])("TaskGroup refuses the options %o", async (options, kind) => {
  const wrong = options as unknown as TaskGroupOptions;
  expect(() => new TaskGroup(wrong)).toThrow(kind);
  let called = false;
  const ended = taskGroup(() => {
    called = true;
  }, wrong);
  await expect(ended).rejects.toThrow(kind);
  expect(called).toBe(false);
});

test("taskGroup() accepts an infinite concurrency, and does not touch its options", async () => {
  const options = Object.freeze({ concurrency: Infinity, timeoutMs: Infinity, name: "frozen" });
  expect(await taskGroup(() => 1, options)).toBe(1);
});

test("taskGroup() refuses a body that is no function", async () => {
  const promise = Promise.resolve();
  await expect(taskGroup(promise as never)).rejects.toThrow(
    /"body" must be a function.*has already started/,
  );
});

test("spawn() and start() refuse what is no function", async () => {
  await taskGroup(async (group) => {
    expect(() => group.spawn(Promise.resolve() as never)).toThrow(/already started/);
    expect(() => group.spawn(undefined as never)).toThrow(TypeError);
    expect(() => group.spawn(() => {}, null as never)).toThrow(TypeError);
    await expect(group.start(undefined as never)).rejects.toThrow(TypeError);
    await expect(group.start(async (started) => started(), 1 as never)).rejects.toThrow(TypeError);
    expect(group.size).toBe(0);
  });
});

test("start() rejects with a ClosedError in a group that has ended, and calls nothing", async () => {
  let ended: TaskGroup | undefined;
  await taskGroup((group) => {
    ended = group;
  });
  let called = false;
  await expect(
    ended!.start(async () => {
      called = true;
    }),
  ).rejects.toBeInstanceOf(ClosedError);
  expect(called).toBe(false);
});

test("failures is a copy", async () => {
  await expect(
    taskGroup((group) => {
      (group.failures as unknown[]).push("intruder");
      expect(group.failures).toEqual([]);
    }),
  ).resolves.toBeUndefined();
});
