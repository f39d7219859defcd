import { ClosedError, Queue, taskGroup } from "corral";
import { withVirtualClock } from "corral/testing";
import { expect } from "vitest";
import { at } from "../support/mode.ts";
import { behaviour } from "./behaviour.ts";

const area = "Queue";

for (const [how, shut, ended] of [
  ["close", (queue: Queue<number>) => queue.close(), "the queue is closed"],
  ["abort", (queue: Queue<number>) => queue.abort(new Error("broken")), "broken"],
] as const) {
  behaviour(
    {
      area,
      id: `shutdown: several getters (${how})`,
      says: "shutting down fails every one who waits to get, not only the first",
      verdict: "holds",
      because:
        how === "close"
          ? "With a ClosedError of its own each."
          : "With what was given to `abort()`.",
    },
    () =>
      withVirtualClock(async () => {
        const queue = new Queue<number>({ capacity: Infinity });
        await taskGroup(async (group) => {
          const gets = [1, 2, 3].map(() => queue.get(at(group.scope)));
          expect(queue.stats().getting).toBe(3);
          shut(queue);
          expect(queue.stats().getting).toBe(0);
          const outcomes = await Promise.allSettled(gets);
          expect(outcomes.map((outcome) => outcome.status)).toEqual(Array(3).fill("rejected"));
          const errors = outcomes.map((outcome) => (outcome as PromiseRejectedResult).reason);
          expect(new Set(errors).size).toBe(how === "close" ? 3 : 1);
          for (const error of errors) {
            expect(error instanceof ClosedError).toBe(how === "close");
            expect((error as Error).message).toMatch(how === "close" ? "closed" : ended);
          }
        });
      }),
  );
}

behaviour(
  {
    area,
    id: "shutdown: iteration, graceful",
    says: "a loop over the items gets what is left when the queue is shut down, and ends then",
    verdict: "holds",
    because: "asyncio's queues cannot be iterated over.",
  },
  () =>
    withVirtualClock(async (clock) => {
      const queue = new Queue<number>({ capacity: Infinity });
      const got: number[] = [];
      await taskGroup(async (group) => {
        const loops = [1, 2].map(() =>
          group.spawn(async (self) => {
            for await (const item of queue.values(at(self.scope))) got.push(item);
          }),
        );
        queue.tryPut(1);
        queue.tryPut(2);
        await clock.runUntilIdle();
        expect(got).toEqual([1, 2]);
        for (const item of [3, 4, 5]) queue.tryPut(item);
        queue.close();
        await clock.runUntilIdle();
        expect(loops.map((loop) => loop.status)).toEqual(["succeeded", "succeeded"]);
      });
      expect(got.sort((a, b) => a - b)).toEqual([1, 2, 3, 4, 5]);
    }),
);

behaviour(
  {
    area,
    id: "shutdown: iteration, immediate",
    says: "a loop over the items throws when the queue is shut down at once, and gets none of what was left",
    verdict: "holds",
    because: "It throws the reason that was given; asyncio's queues cannot be iterated over.",
  },
  () =>
    withVirtualClock((clock) =>
      taskGroup(async (group) => {
        const reason = new Error("broken");
        for (const busy of [true, false]) {
          const queue = new Queue<number>({ capacity: Infinity });
          const got: number[] = [];
          const outcome = (async () => {
            for await (const item of queue.values(at(group.scope))) {
              got.push(item);
              if (!busy) continue;
              // Shut down between two rounds, with items left.
              queue.abort(reason);
            }
          })().catch((error: unknown) => error);
          if (busy) for (const item of [1, 2]) queue.tryPut(item);
          await clock.runUntilIdle();
          if (!busy) queue.abort(reason);
          expect(await outcome).toBe(reason);
          expect(got).toEqual(busy ? [1] : []);
        }
      }),
    ),
);

behaviour(
  {
    area,
    id: "shutdown: a put in the same turn",
    says: "a put that races with a shutdown puts nothing after it",
    verdict: "holds",
  },
  () =>
    withVirtualClock(() =>
      taskGroup(async (group) => {
        for (const immediate of [false, true]) {
          const queue = new Queue<number>({ capacity: 1 });
          queue.tryPut(1);
          const early = queue.put(2, at(group.scope));
          const late = queue.put(3, at(group.scope));
          // Room for the first is made in the turn of the shutdown.
          expect(queue.tryGet()).toEqual({ value: 1 });
          if (immediate) queue.abort();
          else queue.close();
          const after = queue.put(4, at(group.scope));
          await expect(after).rejects.toBeInstanceOf(ClosedError);
          await expect(late).rejects.toBeInstanceOf(ClosedError);
          await expect(early).resolves.toBeUndefined();
          expect(queue.stats()).toMatchObject({
            size: immediate ? 0 : 1,
            unfinished: immediate ? 1 : 2,
            putting: 0,
          });
          if (!immediate) expect(queue.tryGet()).toEqual({ value: 2 });
          expect(() => queue.tryGet()).toThrow(ClosedError);
        }
      }),
    ),
);

behaviour(
  {
    area,
    id: "shutdown: twice",
    says: "shutting down again does nothing, but at once after gracefully drops what is left",
    verdict: "holds",
  },
  async () => {
    const queue = new Queue<number>({ capacity: Infinity });
    queue.tryPut(1);
    queue.close();
    queue.close();
    expect(queue.stats()).toMatchObject({ size: 1, unfinished: 1 });
    const reason = new Error("broken");
    queue.abort(reason);
    queue.abort(new Error("again"));
    queue.close();
    expect(queue.stats()).toMatchObject({ size: 0, unfinished: 0 });
    await expect(queue.get()).rejects.toBe(reason);
  },
);
