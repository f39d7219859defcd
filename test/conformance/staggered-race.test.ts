import { any, CancelledError, sleep, type Task, taskGroup } from "corral";
import { withVirtualClock } from "corral/testing";
import { expect } from "vitest";
import { at } from "../support/mode.ts";
import { behaviour, notTransferable } from "./behaviour.ts";

const area = "staggered_race";
const atOnce = "any() starts all at once.";

behaviour(
  {
    area,
    id: "test_empty",
    says: "with nothing to run there is no winner, no error and no list of errors",
    verdict: "differs",
    because: "Like Promise.any(): it rejects with an empty AggregateError.",
  },
  async () => {
    const error = await any([]).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(AggregateError);
    expect((error as AggregateError).errors).toEqual([]);
  },
);

behaviour(
  {
    area,
    id: "test_one_successful",
    says: "the first one to succeed wins, and those after it are not started",
    verdict: "differs",
    because: `${atOnce} Those that have not won are cancelled and awaited; what they return is handed to onLoser.`,
  },
  () =>
    withVirtualClock(async () => {
      const losers: unknown[] = [];
      const winner = any(
        [0, 1].map((index) => () => Promise.resolve(`Res: ${index}`)),
        { onLoser: (result, index) => losers.push([index, result]) },
      );
      await expect(winner).resolves.toBe("Res: 0");
      expect(losers).toEqual([[1, { status: "fulfilled", value: "Res: 1" }]]);
    }),
);

behaviour(
  {
    area,
    id: "test_first_error_second_successful",
    says: "an error of one does not keep the next one from winning",
    verdict: "holds",
    because: atOnce,
  },
  () =>
    withVirtualClock(async () => {
      const winner = any<string>([
        () => Promise.reject(new Error("0")),
        (scope) => sleep(10, at(scope)).then(() => "Res: 1"),
      ]);
      await expect(winner).resolves.toBe("Res: 1");
    }),
);

behaviour(
  {
    area,
    id: "test_none_successful",
    says: "when none succeeds, all errors are given in the order of the functions",
    verdict: "holds",
    because: "As the errors of an AggregateError.",
  },
  () =>
    withVirtualClock(async () => {
      const errors = [new Error("slow"), new Error("fast")];
      const failing = any(
        errors.map((error, index) => async (scope) => {
          await sleep(10 - index, at(scope));
          throw error;
        }),
      );
      const error = await failing.catch((reason: unknown) => reason);
      expect(error).toBeInstanceOf(AggregateError);
      expect((error as AggregateError).errors).toEqual(errors);
    }),
);

behaviour(
  {
    area,
    id: "test_multiple_winners",
    says: "when several succeed in the same turn, exactly one wins, and the others are cancelled",
    verdict: "holds",
    because: "One that had succeeded too by then is handed to onLoser: no value is lost.",
  },
  () =>
    withVirtualClock(async () => {
      let set: (() => void) | undefined;
      const event = new Promise<void>((resolve) => (set = resolve));
      const losers: unknown[] = [];
      let stopped: unknown;
      const winner = any<unknown>(
        [
          () => event.then(() => 0),
          () => event.then(() => 1),
          (scope) => {
            set!();
            return sleep(Infinity, at(scope)).catch((error: unknown) => {
              stopped = error;
              throw error;
            });
          },
        ],
        { onLoser: (result, index) => losers.push([index, result]) },
      );
      await expect(winner).resolves.toBe(0);
      expect(losers).toEqual([[1, { status: "fulfilled", value: 1 }]]);
      expect(stopped).toBeInstanceOf(CancelledError);
    }),
);

behaviour(
  {
    area,
    id: "test_cancelled",
    says: "cancelling the race cancels all that run, and waits for them before it surfaces",
    verdict: "holds",
  },
  () =>
    withVirtualClock(async (clock) => {
      const log: string[] = [];
      let task: Task<void> | undefined;
      await taskGroup((group) => {
        task = group.spawn((self) =>
          any(
            ["first", "second"].map((name) => async (scope) => {
              await sleep(1_000, at(scope)).catch((error: unknown) => {
                log.push(name);
                throw error;
              });
            }),
            at(self.scope),
          ).catch((error: unknown) => {
            log.push("race");
            throw error;
          }),
        );
        task.cancel();
      });
      expect(log).toEqual(["first", "second", "race"]);
      expect(task!.status).toBe("cancelled");
      expect(clock.now()).toBe(0);
    }),
);

for (const [id, says] of [
  [
    "test_first_timeout_second_successful",
    "one that is slow lets the next one start after the delay",
  ],
  ["test_staggered_race_with_eager_tasks", "the delay counts also where tasks start at once"],
  [
    "test_staggered_race_with_eager_tasks_no_delay",
    "an error starts the next one at once also there",
  ],
] as const) {
  notTransferable({
    area,
    id,
    says,
    because: "any() starts all at once; there is no race with a delay between the starts.",
  });
}
