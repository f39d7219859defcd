import {
  after,
  AsyncEvent,
  CancelledError,
  channel,
  type Clause,
  ClosedError,
  Queue,
  recv,
  select,
  sleep,
  taskGroup,
  when,
} from "corral";
import { withVirtualClock } from "corral/testing";
import { turn } from "../support/turn.ts";
import { expect } from "vitest";
import { at } from "../support/mode.ts";
import { behaviour } from "./behaviour.ts";

const area = "select (Kotlin, tokio)";

/** A queue that holds one item: a clause that is ready. */
function holding<T>(item: T): Queue<T> {
  const queue = new Queue<T>({ capacity: 1 });
  queue.tryPut(item);
  return queue;
}

function empty<T>(): Queue<T> {
  return new Queue<T>({ capacity: 1 });
}

behaviour(
  {
    area,
    id: "select_streams",
    says: "a loop over two channels gets all items of both, until both have ended",
    verdict: "holds",
    because: "The end of a channel rejects; the loop leaves the clause of that one out then.",
  },
  () =>
    withVirtualClock(async () => {
      const ends = { a: channel<number>(Infinity), b: channel<number>(Infinity) };
      const got: number[] = [];
      await taskGroup((group) => {
        group.spawn(async (self) => {
          for (const [key, item] of [["b", 1] as const, ["a", 2] as const, ["b", 3] as const]) {
            if (item === 3) ends.a[0].close();
            ends[key][0].trySend(item);
            await sleep(1, at(self.scope));
          }
          ends.b[0].close();
        });
        group.spawn(async (self) => {
          const left = new Set<keyof typeof ends>(["a", "b"]);
          const clause = (key: keyof typeof ends): Clause<number> | undefined =>
            left.has(key) ? recv(ends[key][1]) : undefined;
          while (left.size > 0) {
            try {
              const chosen = await select({ a: clause("a"), b: clause("b") }, at(self.scope));
              got.push(chosen.value);
            } catch (error) {
              expect(error).toBeInstanceOf(ClosedError);
              for (const key of left) if (ends[key][1].stats().senders === 0) left.delete(key);
            }
          }
        });
      });
      expect(got).toEqual([1, 2, 3]);
    }),
);

behaviour(
  {
    area,
    id: "move_uncompleted_futures",
    says: "what was not chosen can still be waited for, and gives what it has",
    verdict: "holds",
  },
  async () => {
    const queues = { a: holding(1), b: holding(2) };
    const { key, value } = await select({ a: recv(queues.a), b: recv(queues.b) });
    expect(value).toBe(key === "a" ? 1 : 2);
    expect(await queues[key === "a" ? "b" : "a"].get()).toBe(key === "a" ? 2 : 1);
  },
);

behaviour(
  {
    area,
    id: "sync_two",
    says: "of two branches that are ready, one alone is run",
    verdict: "holds",
  },
  async () => {
    let taken = 0;
    const counting = (value: number): Clause<number> => ({
      ...recv(empty<number>()),
      take: () => {
        taken++;
        return { value };
      },
    });
    const { value } = await select({ a: counting(1), b: counting(2) });
    expect(taken).toBe(1);
    expect([1, 2]).toContain(value);
  },
);

behaviour(
  {
    area,
    id: "many_branches",
    says: "there may be 64 branches",
    verdict: "holds",
    because: "As many as one likes.",
  },
  () =>
    withVirtualClock(async () => {
      const queues = Array.from({ length: 1_000 }, () => empty<number>());
      const clauses = Object.fromEntries(queues.map((queue, i) => [`q${i}`, recv(queue)]));
      const chosen = select(clauses);
      expect(queues.every((queue) => queue.stats().getting === 1)).toBe(true);
      queues[777]!.tryPut(7);
      expect(queues.every((queue) => queue.stats().getting === 0)).toBe(true);
      expect(await chosen).toEqual({ key: "q777", value: 7 });
    }),
);

behaviour(
  {
    area,
    id: "select_is_budget_aware",
    says: "a loop of selects that are always ready lets others run",
    verdict: "holds",
  },
  async () => {
    const queue = new Queue<number>({ capacity: 1 });
    let others = false;
    void turn().then(() => (others = true));
    let rounds = 0;
    for (; !others && rounds < 100_000; rounds++) {
      queue.tryPut(rounds);
      await select({ got: recv(queue), never: after(Infinity) });
    }
    expect(rounds).toBeLessThan(100_000);
  },
);

behaviour(
  {
    area,
    id: "cancelled",
    says: "a select that is cancelled while it waits leaves all lines, and nothing was done; it is so when it is cancelled before",
    verdict: "holds",
  },
  () =>
    withVirtualClock((clock) =>
      taskGroup(async (group) => {
        const [a, b] = [empty<number>(), empty<number>()];
        const event = new AsyncEvent();
        const clauses = { a: recv(a), b: recv(b), event: when(event), late: after(1_000) };
        const task = group.spawn((self) => select(clauses, at(self.scope)));
        const waiting = (): number[] => [a.stats().getting, b.stats().getting, event.waiting];
        expect(waiting()).toEqual([1, 1, 1]);
        task.cancel();
        expect(waiting()).toEqual([0, 0, 0]);
        a.tryPut(1);
        await expect(task.wait(at(group.scope))).rejects.toBeInstanceOf(CancelledError);
        const controller = new AbortController();
        controller.abort("before");
        await expect(select(clauses, { signal: controller.signal })).rejects.toBe("before");
        expect(a.tryGet()).toEqual({ value: 1 });
        expect(clock.now()).toBe(0);
      }),
    ),
);
