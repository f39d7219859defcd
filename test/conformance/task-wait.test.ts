import { gather, moveOnAfter, race, sleep, type Task, taskGroup } from "corral";
import { withVirtualClock } from "corral/testing";
import { expect } from "vitest";
import { at } from "../support/mode.ts";
import { behaviour, notTransferable } from "./behaviour.ts";

const area = "tasks: wait";

behaviour(
  {
    area,
    id: "test_wait",
    says: "waiting for several tasks ends when all have ended, and tells which",
    verdict: "differs",
    because: "join() waits for all children of a group; each task tells its own status.",
  },
  () =>
    withVirtualClock((clock) =>
      taskGroup(async (group) => {
        const tasks = [10, 15].map((ms) => group.spawn((self) => sleep(ms, at(self.scope))));
        await group.join();
        expect(clock.now()).toBe(15);
        expect(tasks.map((task) => task.status)).toEqual(["succeeded", "succeeded"]);
      }),
    ),
);

behaviour(
  {
    area,
    id: "test_wait_first_completed",
    says: "one can wait for the first of several tasks; the others stay pending",
    verdict: "differs",
    because:
      "race() runs functions, and cancels and awaits those that lost. Where they wait for tasks, only the waits are lost: the tasks stay pending.",
  },
  () =>
    withVirtualClock((clock) =>
      taskGroup(async (group) => {
        const tasks = [100, 10].map((ms) =>
          group.spawn(async (self) => {
            await sleep(ms, at(self.scope));
            return ms;
          }),
        );
        const first = race(
          tasks.map((task) => (scope) => task.wait(at(scope))),
          at(group.scope),
        );
        await expect(first).resolves.toBe(10);
        expect(clock.now()).toBe(10);
        expect(tasks.map((task) => task.status)).toEqual(["running", "succeeded"]);
      }),
    ),
);

behaviour(
  {
    area,
    id: "test_wait_first_exception",
    says: "one can wait for the first error of several tasks; the others stay pending",
    verdict: "differs",
    because: "In a group the first error cancels the others: none is left pending.",
  },
  () =>
    withVirtualClock(async (clock) => {
      const failure = new Error("first");
      let slow: Task<void> | undefined;
      const failing = taskGroup((group) => {
        slow = group.spawn((self) => sleep(10_000, at(self.scope)));
        group.spawn(async (self) => {
          await sleep(10, at(self.scope));
          throw failure;
        });
      });
      await expect(failing).rejects.toBe(failure);
      expect(slow!.status).toBe("cancelled");
      expect(clock.now()).toBe(10);
    }),
);

behaviour(
  {
    area,
    id: "test_wait_with_timeout",
    says: "when the time is over, the wait tells what has ended and what is pending, and cancels nothing",
    verdict: "holds",
    because: "Written moveOnAfter() around the wait; each task tells its own status.",
  },
  () =>
    withVirtualClock((clock) =>
      taskGroup(async (group) => {
        const tasks = [10, 150].map((ms) => group.spawn((self) => sleep(ms, at(self.scope))));
        const all = await moveOnAfter(
          110,
          (limit) =>
            gather(
              tasks.map((task) => (scope) => task.wait(at(scope))),
              at(limit),
            ),
          at(group.scope),
        );
        expect(all).toBeUndefined();
        expect(clock.now()).toBe(110);
        expect(tasks.map((task) => task.status)).toEqual(["succeeded", "running"]);
        await group.join();
        expect(tasks.map((task) => task.status)).toEqual(["succeeded", "succeeded"]);
      }),
    ),
);

behaviour(
  {
    area,
    id: "test_wait_really_done",
    says: "a task that a wait gives as ended has ended",
    verdict: "holds",
  },
  () =>
    withVirtualClock(() =>
      taskGroup(async (group) => {
        const task = group.spawn((self) => sleep(10, at(self.scope)).then(() => 42));
        const seen = group.spawn(async (self) => {
          await task.wait(at(self.scope));
          return [task.status, task.result()];
        });
        await expect(seen.wait(at(group.scope))).resolves.toEqual(["succeeded", 42]);
      }),
    ),
);

behaviour(
  {
    area,
    id: "test_yield_wait_does_not_shield_cancel",
    says: "cancelling whoever waits for a task ends the wait, and leaves the task running",
    verdict: "holds",
  },
  () =>
    withVirtualClock((clock) =>
      taskGroup(async (group) => {
        const inner = group.spawn((self) => sleep(10, at(self.scope)));
        const outer = group.spawn((self) => inner.wait(at(self.scope)));
        outer.cancel();
        await outer.wait(at(group.scope)).catch(() => {});
        expect(outer.status).toBe("cancelled");
        expect(inner.status).toBe("running");
        expect(clock.now()).toBe(0);
        await inner.wait(at(group.scope));
        expect(inner.status).toBe("succeeded");
      }),
    ),
);

for (const [id, says] of [
  ["test_wait_duplicate_coroutines", "a coroutine that is given twice is waited for once"],
  ["test_wait_errors", "an empty set and unknown conditions are errors"],
  ["test_wait_invalid_args", "what is no set of tasks is an error"],
  ["test_wait_first_exception_in_wait", "an error that is there already ends the wait at once"],
  ["test_wait_with_exception", "tasks that failed are among those that have ended"],
  ["test_wait_concurrent_complete", "all that ended in the same turn are given as ended"],
  ["test_wait_with_iterator_of_tasks", "the tasks may come from an iterator"],
  ["test_wait_generator", "the tasks may come from a generator"],
] as const) {
  notTransferable({
    area,
    id,
    says,
    because: "There is no wait for a set of tasks that gives those ended and those pending.",
  });
}

for (const [id, says] of [
  ["test_as_completed", "results are given in the order in which they arrive"],
  ["test_as_completed_same_tasks_in_as_out", "the tasks that are given are those that come out"],
  ["test_as_completed_with_timeout", "when the time is over, the next result is a timeout error"],
  ["test_as_completed_with_unused_timeout", "a limit that was not needed leaves no timer"],
  ["test_as_completed_resume_iterator", "iteration can be left and resumed"],
  [
    "test_as_completed_reverse_wait",
    "the first result is the first to arrive, whichever is awaited first",
  ],
  ["test_as_completed_concurrent", "results that arrive in the same turn are all given"],
  ["test_as_completed_duplicate_coroutines", "a coroutine that is given twice is given once"],
  ["test_as_completed_coroutine_without_loop", "without an event loop it is an error"],
  ["test_as_completed_coroutine_use_running_loop", "coroutines run in the current event loop"],
  ["test_as_completed_invalid_args", "what is no set of tasks is an error"],
] as const) {
  notTransferable({
    area: "tasks: as_completed",
    id,
    says,
    because: "There is no iteration over tasks in the order in which they end.",
  });
}

for (const [id, says] of [
  ["test_run_coroutine_threadsafe", "a thread gets the result of a coroutine that it hands over"],
  ["test_run_coroutine_threadsafe_with_exception", "a thread gets its error"],
  ["test_run_coroutine_threadsafe_with_timeout", "a thread that gives up cancels it"],
  ["test_run_coroutine_threadsafe_task_cancelled", "a thread sees that it was cancelled"],
  ["test_run_coroutine_threadsafe_task_factory_exception", "a thread sees that it was not started"],
] as const) {
  notTransferable({
    area: "tasks: threads",
    id,
    says,
    because: "Functions and promises cannot be shared between threads.",
  });
}

for (const [id, says] of [
  ["test_to_thread", "a function that blocks runs in a thread, and gives its result"],
  ["test_to_thread_exception", "its error is passed on"],
  ["test_to_thread_once", "it runs once"],
  ["test_to_thread_concurrent", "several run at once"],
  ["test_to_thread_args_kwargs", "its arguments are handed over"],
  ["test_to_thread_contextvars", "it sees the caller's context"],
] as const) {
  notTransferable({
    area: "tasks: threads",
    id,
    says,
    because: "A function cannot be handed to another thread; work for threads is a module's.",
  });
}
