import { failuresOf, gather, gatherSettled, sleep, taskGroup } from "corral";
import { withVirtualClock } from "corral/testing";
import { expect } from "vitest";
import { at } from "../support/mode.ts";
import { behaviour, notTransferable } from "./behaviour.ts";

const area = "tasks: gather";

behaviour(
  {
    area,
    id: "test_success",
    says: "results come in the order of the arguments, whatever order they arrive in",
    verdict: "holds",
  },
  () =>
    withVirtualClock(async (clock) => {
      const after = [20, 10, 30].map((ms) => async (scope: { signal: AbortSignal }) => {
        await sleep(ms, at(scope));
        return ms;
      });
      await expect(gather(after)).resolves.toEqual([20, 10, 30]);
      expect(clock.now()).toBe(30);
    }),
);

behaviour(
  {
    area,
    id: "test_result_exception_success",
    says: "with errors as results, successes come in the order of the arguments too",
    verdict: "holds",
  },
  () =>
    withVirtualClock(async () => {
      const after = [20, 10, 30].map((ms) => async (scope: { signal: AbortSignal }) => {
        await sleep(ms, at(scope));
        return ms;
      });
      await expect(gatherSettled(after)).resolves.toEqual(
        [20, 10, 30].map((value) => ({ status: "fulfilled", value })),
      );
    }),
);

behaviour(
  {
    area,
    id: "test_one_exception",
    says: "the first error surfaces at once, and the other functions go on",
    verdict: "differs",
    because:
      "Nothing outlives its scope: the other functions are cancelled and waited for, then the first error is thrown. What failed later is in failuresOf().",
  },
  () =>
    withVirtualClock(async (clock) => {
      const first = new Error("first");
      const second = new Error("second");
      const log: string[] = [];
      const failing = gather([
        () => 1,
        async (scope) => {
          await sleep(10, at(scope));
          throw first;
        },
        async (scope) => {
          await sleep(1_000, at(scope)).finally(() => log.push("cleaned up"));
          log.push("went on");
        },
        (scope) =>
          sleep(1_000, at(scope)).catch(() => {
            throw second;
          }),
      ]);
      await expect(failing).rejects.toBe(first);
      expect(log).toEqual(["cleaned up"]);
      expect(failuresOf(first)).toEqual([first, second]);
      expect(clock.now()).toBe(10);
    }),
);

behaviour(
  {
    area,
    id: "test_return_exceptions",
    says: "with errors as results, all run to their end and each error stands in its place",
    verdict: "holds",
  },
  () =>
    withVirtualClock(async (clock) => {
      const early = new Error("early");
      const late = new Error("late");
      const results = await gatherSettled([
        () => 3,
        (scope) =>
          sleep(5, at(scope)).then(() => {
            throw early;
          }),
        (scope) => sleep(10, at(scope)).then(() => 1),
        (scope) =>
          sleep(20, at(scope)).then(() => {
            throw late;
          }),
      ]);
      expect(results).toEqual([
        { status: "fulfilled", value: 3 },
        { status: "rejected", reason: early },
        { status: "fulfilled", value: 1 },
        { status: "rejected", reason: late },
      ]);
      expect(clock.now()).toBe(20);
    }),
);

behaviour(
  {
    area,
    id: "test_constructor_empty_sequence_use_running_loop",
    says: "gathering nothing gives an empty list",
    verdict: "holds",
  },
  async () => {
    await expect(gather([])).resolves.toEqual([]);
    await expect(gatherSettled([])).resolves.toEqual([]);
    await expect(gather({})).resolves.toEqual({});
  },
);

behaviour(
  {
    area,
    id: "test_duplicate_coroutines",
    says: "what is given several times runs once, and its result stands in each of its places",
    verdict: "differs",
    because: "Functions are given, not work under way: one that is given twice is called twice.",
  },
  async () => {
    let calls = 0;
    const fn = (): number => ++calls;
    await expect(gather([fn, fn, () => "other", fn])).resolves.toEqual([1, 2, "other", 3]);
  },
);

behaviour(
  {
    area,
    id: "test_issue46672",
    says: "an argument that cannot be run is a clear error, and nothing of the others is left running",
    verdict: "holds",
  },
  async () => {
    let called = false;
    const wrong = gather([
      () => {
        called = true;
      },
      {} as never,
    ]);
    await expect(wrong).rejects.toThrow(/"fns\[1\]" must be a function/);
    expect(called).toBe(false);
    await expect(gather([Promise.resolve(1) as never])).rejects.toThrow(/already started/);
  },
);

behaviour(
  {
    area,
    id: "test_exception_marking",
    says: "an error that comes after the first one is not reported as unhandled",
    verdict: "holds",
  },
  () =>
    withVirtualClock(async () => {
      const unhandled: unknown[] = [];
      const listener = (error: unknown): void => void unhandled.push(error);
      process.on("unhandledRejection", listener);
      try {
        await taskGroup(async (group) => {
          const failing = gather(
            [
              () => Promise.reject(new Error("first")),
              () => Promise.reject(new Error("same turn")),
              (scope) => sleep(10, at(scope)).catch(() => Promise.reject(new Error("cleanup"))),
            ],
            at(group.scope),
          );
          await expect(failing).rejects.toThrow("first");
          await sleep(1, at(group.scope));
        });
      } finally {
        process.off("unhandledRejection", listener);
      }
      expect(unhandled).toEqual([]);
    }),
);

for (const id of [
  "test_constructor_empty_sequence_without_loop",
  "test_constructor_empty_sequence_use_global_loop",
  "test_constructor_heterogenous_futures",
  "test_constructor_homogenous_futures",
  "test_constructor_without_loop",
  "test_constructor_use_running_loop",
  "test_constructor_use_global_loop",
]) {
  notTransferable({
    area,
    id,
    says: "which event loop a gather is bound to",
    because: "There is one event loop, the platform's.",
  });
}

notTransferable({
  area,
  id: "test_env_var_debug",
  says: "an environment variable switches the debug mode of coroutines on",
  because: "There is no debug mode: names, ages and the wait tree are always there.",
});
