// Starting children and joining them. A child of `spawn` has an ambient scope of its own; children of
// `gather` share their group's.
import { gather, taskGroup } from "../dist/index.js";
import { peer } from "./support/peers.mjs";
import { table } from "./support/table.mjs";
import { micro, noop } from "./support/work.mjs";

const [effect, effection] = await Promise.all(["effect", "effection"].map(peer));

/** An AbortController and a listener for each child: cancellation written by hand. */
function byHand(count, fn) {
  const parent = new AbortController();
  const child = async () => {
    const controller = new AbortController();
    const abort = () => controller.abort(parent.signal.reason);
    parent.signal.addEventListener("abort", abort);
    try {
      return await fn(controller.signal);
    } finally {
      parent.signal.removeEventListener("abort", abort);
    }
  };
  return Promise.all(Array.from({ length: count }, child));
}

function cases(count, fn) {
  const fns = new Array(count).fill(fn);
  const touching = (task) => {
    void task.scope.signal;
    return fn();
  };
  const result = {
    "Promise.all (floor)": () => {
      const results = new Array(count);
      for (let i = 0; i < count; i++) results[i] = fn();
      return Promise.all(results);
    },
    "corral spawn": () =>
      taskGroup((group) => {
        for (let i = 0; i < count; i++) group.spawn(fn);
      }),
    "corral spawn, signal read": () =>
      taskGroup((group) => {
        for (let i = 0; i < count; i++) group.spawn(touching);
      }),
    "corral gather": () => gather(fns),
  };
  if (count <= 1000) {
    result["AbortController + listener each"] = {
      ops: Math.min(count, 200),
      run: () => byHand(Math.min(count, 200), fn),
    };
  }
  if (effect) {
    const { Effect, Fiber } = effect;
    const fork = (child) => () =>
      Effect.runPromise(
        Effect.gen(function* () {
          const fibers = new Array(count);
          for (let i = 0; i < count; i++) fibers[i] = yield* Effect.forkChild(child);
          yield* Fiber.joinAll(fibers);
        }),
      );
    const promise = Effect.promise(fn);
    result["effect 4 forkChild + joinAll"] = fork(promise);
    result["effect 4 forkChild of yieldNow"] = fork(Effect.yieldNow);
    result["effect 4 forEach unbounded"] = () =>
      Effect.runPromise(
        Effect.forEach(fns, () => promise, { concurrency: "unbounded", discard: true }),
      );
  }
  if (effection && count <= 1000) {
    const { run, spawn, until } = effection;
    const ops = Math.min(count, 100);
    result["effection spawn + join"] = {
      ops,
      run: () =>
        run(function* () {
          const tasks = [];
          for (let i = 0; i < ops; i++) tasks.push(yield* spawn(() => until(fn())));
          for (const task of tasks) yield* task;
        }),
    };
  }
  return result;
}

const goals = {
  "corral spawn": { ns: 2500, leads: { "effect 4 forkChild + joinAll": 1 } },
  "corral spawn, signal read": { leads: { "AbortController + listener each": 1 } },
};
for (const [what, fn] of [
  ["empty children", noop],
  ["children of one microtask", micro],
]) {
  await table(`spawn: batches of 10, ${what}`, { ops: 10, goals }, cases(10, fn));
  await table(`spawn: batches of 1000, ${what}`, { ops: 1000, goals }, cases(1000, fn));
}
await table(
  "spawn: 100k at once, children of one microtask",
  { ops: 100_000, timeMs: 0, goals },
  cases(100_000, micro),
);
