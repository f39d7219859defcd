import { test } from "vitest";
import {
  any,
  cancellable,
  CancelScope,
  checkpoint,
  gather,
  gatherSettled,
  limit,
  main,
  map,
  moveOnAfter,
  race,
  shield,
  sleep,
  TaskGroup,
  taskGroup,
  timeout,
  timeoutAt,
} from "corral";

// What a function may hold that passes its own optional parameters on.
declare const signal: AbortSignal | undefined;
declare const ms: number | undefined;
declare const name: string | undefined;
declare const on: boolean | undefined;
declare const discard: ((value: unknown) => unknown) | undefined;

test("a signal that may be absent can be passed on to all that takes one", () => {
  void (() => [
    sleep(1, { signal }),
    checkpoint({ signal }),
    cancellable(Promise.resolve(1), { signal }),
    timeout(1, () => 1, { signal }),
    timeoutAt(1, () => 1, { signal }),
    moveOnAfter(1, () => 1, { signal }),
    shield(() => 1, { timeoutMs: 1, signal }),
    new CancelScope({ signal }),
    taskGroup(
      async (group) => {
        await group.join({ signal });
        await group.start((started) => started(), { signal });
        await group.spawn(() => 1).wait({ signal });
      },
      { signal },
    ),
    new TaskGroup({ signal }),
    gather([() => 1], { signal }),
    gatherSettled([() => 1], { signal }),
    race([() => 1], { signal }),
    any([() => 1], { signal }),
    map([1], () => 1, { concurrency: 1, signal }),
    limit(1)(() => 1, { signal }),
    limit(1).map([1], () => 1, { signal }),
    limit(1).onIdle({ signal }),
  ]);
});

test("so can each other option that may be absent", () => {
  void (() => [
    cancellable(Promise.resolve(1), { onDiscard: discard }),
    timeout(1, () => 1, { name }),
    moveOnAfter(1, () => 1, { name, fallback: undefined }),
    shield(() => 1, { timeoutMs: 1, name }),
    new CancelScope({ timeoutMs: ms, deadline: ms, shield: on, name }),
    taskGroup((group) => void group.spawn(() => 1, { name, daemon: on }), {
      name,
      timeoutMs: ms,
      concurrency: ms,
      throws: undefined,
    }),
    taskGroup((group) => group.start((started) => started(), { name })),
    gather([() => 1], { concurrency: ms, timeoutMs: ms, onDiscard: discard }),
    gatherSettled([() => 1], { concurrency: ms, timeoutMs: ms }),
    race([() => 1], { timeoutMs: ms, onLoser: undefined }),
    any([() => 1], { timeoutMs: ms, onLoser: undefined }),
    map([1], () => 1, { concurrency: 1, onDiscard: discard }),
    main(() => 1, { signals: undefined, graceMs: ms }),
  ]);
});

test("but not what must be there", () => {
  void (() => [
    // @ts-expect-error -- the bound is mandatory
    shield(() => 1, { timeoutMs: ms }),
    // @ts-expect-error -- the concurrency is required
    map([1], () => 1, { concurrency: ms }),
  ]);
});
