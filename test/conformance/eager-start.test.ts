import { CancelledError, sleep, taskGroup } from "corral";
import { withVirtualClock } from "corral/testing";
import { expect } from "vitest";
import { at } from "../support/mode.ts";
import { behaviour, notTransferable } from "./behaviour.ts";

const area = "eager start";

const late =
  "The function has run at once, but as with every promise its result is told after the code at hand.";

behaviour(
  {
    area,
    id: "test_eager_completion",
    says: "a task that never waits is complete when it has been created",
    verdict: "differs",
    because: late,
  },
  () =>
    taskGroup(async (group) => {
      const log: string[] = [];
      const task = group.spawn(async () => {
        log.push("ran");
        return "hello";
      });
      log.push(`created: ${task.status}`);
      log.push(await task.wait(at(group.scope)));
      log.push(task.status);
      expect(log).toEqual(["ran", "created: running", "hello", "succeeded"]);
    }),
);

behaviour(
  {
    area,
    id: "test_await_future_during_eager_step",
    says: "a task can settle in its first step what its creator waits for next",
    verdict: "holds",
  },
  () =>
    taskGroup(async (group) => {
      let resolve: ((value: string) => void) | undefined;
      const promise = new Promise<string>((settle) => (resolve = settle));
      group.spawn(() => resolve!("my message"));
      await expect(promise).resolves.toBe("my message");
    }),
);

behaviour(
  {
    area,
    id: "test_block_after_eager_step",
    says: "a task that waits goes on later and gives its result then",
    verdict: "holds",
  },
  () =>
    withVirtualClock((clock) =>
      taskGroup(async (group) => {
        const task = group.spawn(async (self) => {
          await sleep(100, at(self.scope));
          return "finished after blocking";
        });
        expect(task.status).toBe("running");
        await expect(task.wait(at(group.scope))).resolves.toBe("finished after blocking");
        expect(task.status).toBe("succeeded");
        expect(clock.now()).toBe(100);
      }),
    ),
);

behaviour(
  {
    area,
    id: "test_cancellation_after_eager_completion",
    says: "cancelling a task that never waited has no effect",
    verdict: "holds",
  },
  () =>
    taskGroup(async (group) => {
      const task = group.spawn(async () => "finished without blocking");
      task.cancel();
      await expect(task.wait(at(group.scope))).resolves.toBe("finished without blocking");
      expect(task.status).toBe("succeeded");
    }),
);

behaviour(
  {
    area,
    id: "test_cancellation_after_eager_step_blocks",
    says: "a task that waits after its first step can be cancelled, with a message",
    verdict: "holds",
  },
  () =>
    withVirtualClock(() =>
      taskGroup(async (group) => {
        const task = group.spawn((self) => sleep(100, at(self.scope)));
        task.cancel("cancellation message");
        const error = await task.wait(at(group.scope)).catch((reason: unknown) => reason);
        expect(error).toBeInstanceOf(CancelledError);
        expect(error).toMatchObject({ reason: "cancellation message" });
      }),
    ),
);

behaviour(
  {
    area,
    id: "test_eager_start_false",
    says: "one can ask for a task that does not start at once",
    verdict: "differs",
    because:
      "A child starts at once unless its group is full; one that is to start later yields first.",
  },
  () =>
    withVirtualClock(() =>
      taskGroup(async (group) => {
        let name: string | undefined;
        const task = group.spawn(
          async (self) => {
            await sleep(0, at(self.scope));
            name = self.name;
          },
          { name: "example" },
        );
        expect(name).toBeUndefined();
        await task.wait(at(group.scope));
        expect(name).toBe("example");
      }),
    ),
);

for (const id of ["test_eager_start_true_with_default_factory", "test_name"]) {
  behaviour({ area, id, says: "a task knows its name in its first step", verdict: "holds" }, () =>
    taskGroup((group) => {
      let name: string | undefined;
      group.spawn((self) => void (name = self.name), { name: "example" });
      expect(name).toBe("example");
    }),
  );
}

notTransferable({
  area,
  id: "test_eager_task_factory_set",
  says: "the event loop can be given a factory that starts its tasks at once",
  because: "There is one way to start a task.",
});

notTransferable({
  area,
  id: "test_issue105987",
  says: "the hooks of the current task do not crash with objects that are no tasks",
  because: "There are no such hooks.",
});

notTransferable({
  area,
  id: "test_issue122332",
  says: "a task that is over gives its coroutine back as none",
  because: "There are no coroutine objects.",
});
