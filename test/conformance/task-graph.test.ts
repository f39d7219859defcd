import { cancellable, gather, shield, sleep, taskGroup, timeout, waitTree } from "corral";
import { withVirtualClock } from "corral/testing";
import { expect } from "vitest";
import { at } from "../support/mode.ts";
import { behaviour, notTransferable } from "./behaviour.ts";

const area = "call graph";

behaviour(
  {
    area,
    id: "test_stack_tgroup",
    says: "the children of a group are shown below whoever opened it",
    verdict: "holds",
  },
  () =>
    withVirtualClock(async (clock) => {
      let tree = "";
      await taskGroup(
        async (outer) => {
          outer.spawn(
            (parent) =>
              taskGroup(
                (inner) => {
                  for (const name of ["a", "b"]) {
                    inner.spawn((child) => sleep(10, at(child.scope)), { name });
                  }
                },
                { name: "inner", ...at(parent.scope) },
              ),
            { name: "parent" },
          );
          await clock.runUntilIdle();
          tree = waitTree(outer.scope);
        },
        { name: "outer" },
      );
      expect(tree.split("\n")).toEqual([
        'scope "outer"',
        '└─ task "parent" (running)',
        '   └─ scope "inner"',
        '      ├─ task "a" (running)',
        "      │  └─ waits for sleep",
        '      └─ task "b" (running)',
        "         └─ waits for sleep",
      ]);
    }),
);

behaviour(
  {
    area,
    id: "test_stack_gather",
    says: "what is gathered is shown below whoever gathers it",
    verdict: "holds",
  },
  () =>
    withVirtualClock(() =>
      taskGroup((group) => {
        const task = group.spawn(
          (self) =>
            gather(
              [(scope) => sleep(5, at(scope)), (scope) => sleep(6, at(scope))],
              at(self.scope),
            ),
          { name: "deep" },
        );
        expect(waitTree(task.scope).split("\n")).toEqual([
          'task "deep" (running)',
          '└─ scope "gather"',
          "   ├─ waits for sleep",
          "   └─ waits for sleep",
        ]);
      }),
    ),
);

behaviour(
  {
    area,
    id: "test_stack_shield",
    says: "what is shielded is shown below the task that waits for it",
    verdict: "holds",
  },
  () =>
    withVirtualClock(() =>
      taskGroup((group) => {
        const task = group.spawn(
          (self) =>
            shield((scope) => sleep(5, at(scope)), {
              ...at(self.scope),
              timeoutMs: 10,
              name: "safe",
            }),
          { name: "deep" },
        );
        const shown = ['└─ scope "safe" (shielded)', "   └─ waits for sleep"];
        expect(waitTree(task.scope).split("\n")).toEqual(['task "deep" (running)', ...shown]);
      }),
    ),
);

behaviour(
  {
    area,
    id: "test_stack_timeout",
    says: "a wait within a timeout is shown within it",
    verdict: "holds",
  },
  () =>
    withVirtualClock(() =>
      taskGroup((group) => {
        const task = group.spawn(
          (self) =>
            timeout(50, (scope) => sleep(5, at(scope)), { name: "limit", ...at(self.scope) }),
          { name: "deep" },
        );
        expect(waitTree(task.scope).split("\n")).toEqual([
          'task "deep" (running)',
          '└─ scope "limit"',
          "   └─ waits for sleep",
        ]);
      }),
    ),
);

behaviour(
  {
    area,
    id: "test_stack_task",
    says: "a task that waits for another task shows which",
    verdict: "holds",
  },
  () =>
    withVirtualClock(() =>
      taskGroup((group) => {
        const inner = group.spawn((self) => sleep(5, at(self.scope)), { name: "inner" });
        const outer = group.spawn((self) => inner.wait(at(self.scope)), { name: "outer" });
        expect(waitTree(outer.scope)).toBe('task "outer" (running)\n└─ waits for task "inner"');
      }),
    ),
);

behaviour(
  {
    area,
    id: "test_stack_future",
    says: "a promise that several tasks wait for is shown as what each of them waits for",
    verdict: "holds",
    because: "If they wait for it by cancellable(): a plain await is invisible to everybody.",
  },
  () =>
    withVirtualClock(async () => {
      const { promise, resolve } = withResolvers();
      await taskGroup((group) => {
        const tasks = ["a", "b"].map((name) =>
          group.spawn((self) => cancellable(promise, at(self.scope)), { name }),
        );
        for (const task of tasks) expect(waitTree(task.scope)).toContain("waits for promise");
        resolve();
      });
    }),
);

notTransferable({
  area,
  id: "test_stack_async_gen",
  says: "the frames of async generators are shown",
  because:
    "Engines keep no stack of a function that waits; the tree shows scopes, tasks and waits.",
});

notTransferable({
  area,
  id: "test_stack_wait",
  says: "a task that waits for a set of tasks shows all of them",
  because: "There is no wait for a set of tasks: each is awaited by itself.",
});

function withResolvers(): { promise: Promise<void>; resolve: () => void } {
  let resolve!: () => void;
  const promise = new Promise<void>((settle) => (resolve = settle));
  return { promise, resolve };
}
