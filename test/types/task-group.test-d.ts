import { expectTypeOf, test } from "vitest";
import { main, type CancelScope, type Task, taskGroup, TaskGroup, type TaskStatus } from "corral";

test("taskGroup() gives what its body returns", () => {
  expectTypeOf(taskGroup(() => 1)).toEqualTypeOf<Promise<number>>();
  expectTypeOf(taskGroup(async () => "a")).toEqualTypeOf<Promise<string>>();
  expectTypeOf(taskGroup(async () => {})).toEqualTypeOf<Promise<void>>();
});

test("taskGroup() gives what its body returns or what it is finished with", () => {
  const result = taskGroup<void, string>(async (group) => {
    expectTypeOf(group).toEqualTypeOf<TaskGroup<string>>();
    group.finish("found");
    // @ts-expect-error -- a string
    group.finish(1);
  });
  expectTypeOf(result).toEqualTypeOf<Promise<void | string>>();
  expectTypeOf(
    taskGroup(async (group: TaskGroup<string>) => {
      group.finish("found");
      return 1;
    }),
  ).toEqualTypeOf<Promise<number | string>>();
});

test("finish() cannot be called where no such value was declared", () => {
  void taskGroup((group) => {
    expectTypeOf(group).toEqualTypeOf<TaskGroup>();
    // @ts-expect-error -- F is never
    group.finish("found");
  });
});

test("spawn() gives a task of what the function gives", () => {
  void taskGroup(async (group) => {
    expectTypeOf(group.spawn(() => 1)).toEqualTypeOf<Task<number>>();
    const task = group.spawn(async () => "a", { name: "child", daemon: true });
    expectTypeOf(task).toEqualTypeOf<Task<string>>();
    expectTypeOf(await task).toEqualTypeOf<string>();
    expectTypeOf(task.result()).toEqualTypeOf<string>();
    expectTypeOf(task.status).toEqualTypeOf<TaskStatus>();
    expectTypeOf(task.scope).toEqualTypeOf<CancelScope>();
    expectTypeOf(task.then((value) => value.length)).toEqualTypeOf<Promise<number>>();
    group.spawn((self) => {
      expectTypeOf(self).toEqualTypeOf<Task<unknown>>();
    });
    // @ts-expect-error -- a promise is no function
    group.spawn(Promise.resolve(1));
    // @ts-expect-error -- no such option
    group.spawn(() => 1, { priority: 1 });
  });
});

test("a body that returns a task gives the task's value", () => {
  expectTypeOf(taskGroup(async (group) => group.spawn(() => 1))).toEqualTypeOf<Promise<number>>();
});

test("start() gives the task and the value that it started with", () => {
  void taskGroup(async (group) => {
    const started = await group.start(async (ready: (port: number) => void) => {
      ready(8080);
      return "served";
    });
    expectTypeOf(started).toEqualTypeOf<{ task: Task<string>; value: number }>();
    const plain = await group.start(async (ready, task) => {
      expectTypeOf(task).toEqualTypeOf<Task<unknown>>();
      ready();
    });
    expectTypeOf(plain.value).toEqualTypeOf<void>();
    // @ts-expect-error -- a number
    await group.start<void, number>(async (ready) => ready("8080"));
  });
});

test("a TaskGroup can be used with `await using`, and says what it has", () => {
  const group = new TaskGroup({ name: "g", timeoutMs: 1, concurrency: 2, throws: "aggregate" });
  expectTypeOf(group).toExtend<AsyncDisposable>();
  expectTypeOf(group.failures).toEqualTypeOf<readonly unknown[]>();
  expectTypeOf(group.size).toEqualTypeOf<number>();
  expectTypeOf(group.join()).toEqualTypeOf<Promise<void>>();
  // @ts-expect-error -- read only
  group.size = 1;
});

test("groups refuse wrong options and bodies", () => {
  // @ts-expect-error -- one of two words
  void new TaskGroup({ throws: "all" });
  // @ts-expect-error -- no such option
  void taskGroup(() => 1, { limit: 2 });
  // @ts-expect-error -- a promise is no function
  void taskGroup(Promise.resolve(1));
});

test("main() gives what its function gives, or undefined", () => {
  expectTypeOf(main(async () => 1)).toEqualTypeOf<Promise<number | undefined>>();
  void main((scope) => expectTypeOf(scope).toEqualTypeOf<CancelScope>());
  // @ts-expect-error -- a promise is no function
  void main(Promise.resolve(1));
});
