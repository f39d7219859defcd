import { describe, expect, test } from "vitest";
import { any, gather, gatherSettled, limit, map, race, sleep, taskGroup, TaskGroup } from "corral";
import { guarded } from "./guarded-calls.ts";

const odd = [undefined, null, 0, "", "str", {}];

async function* asyncly<T>(items: Iterable<T>): AsyncGenerator<T> {
  yield* items;
}

/** Ways for a rejection to go through a part of the library. */
const ways: Record<string, (fail: () => Promise<never>) => Promise<unknown>> = {
  "the body of taskGroup()": (fail) => taskGroup(fail),
  "a child": (fail) =>
    taskGroup((group) => {
      group.spawn(fail);
    }),
  "a child that was queued": (fail) =>
    taskGroup(
      (group) => {
        group.spawn(async () => {});
        group.spawn(fail);
      },
      { concurrency: 1 },
    ),
  "an awaited child": (fail) => taskGroup(async (group) => group.spawn(fail)),
  "join()": (fail) =>
    taskGroup(async (group) => {
      group.spawn(fail);
      await group.join();
    }),
  "an `await using` group": async (fail) => {
    await using group = new TaskGroup();
    group.spawn(fail);
  },
  "start()": (fail) => taskGroup((group) => group.start(fail)),
  "a child that had started": (fail) =>
    taskGroup(async (group) => {
      await group.start((started) => {
        started();
        return fail();
      });
    }),
  "gather()": (fail) => gather([fail, async () => {}]),
  "gather() of a record": (fail) => gather({ fail }),
  "gather() with concurrency": (fail) => gather([async () => {}, fail], { concurrency: 1 }),
  "race()": (fail) => race([fail]),
  "limit()": (fail) => limit(1)(fail),
  "limit() after a wait in line": (fail) => {
    const one = limit(1);
    void one(async () => {});
    return one(fail);
  },
  "limit().map()": (fail) => limit(1).map([1], fail),
  "map()": (fail) => map([1, 2], fail, { concurrency: 1 }),
  "map() over an async iterable": (fail) => map(asyncly([1, 2]), fail, { concurrency: 1 }),
  "the source of map()": (fail) => {
    async function* source(): AsyncGenerator<number> {
      yield 1;
      await fail();
    }
    return map(source(), () => {}, { concurrency: 1 });
  },
  ...guarded,
};

describe.each(Object.entries(ways))(
  "pitfall 17: falsy rejections arrive as they are through %s:",
  (_, way) => {
    test.each(odd)("%o", async (error) => {
      await expect(way(() => Promise.reject(error))).rejects.toBe(error);
    });
  },
);

describe("pitfall 17: falsy rejections arrive as they are in", () => {
  test("a scope that was cancelled without a reason: undefined is a failure there, too", async () => {
    const failures: (readonly unknown[])[] = [];
    const ended = taskGroup(async (group) => {
      const task = group.spawn(async (self) => {
        await sleep(1_000, { signal: self.scope.signal }).catch(() => {});
        return Promise.reject(undefined);
      });
      group.cancel();
      await group.join().catch(() => {});
      failures.push(group.failures);
      expect(task.status).toBe("failed");
    });
    await expect(ended).rejects.toBe(undefined);
    expect(failures).toEqual([[undefined]]);
  });

  test.each(odd)("an AggregateError of a group: %o", async (error) => {
    const ended = taskGroup(() => Promise.reject(error), { throws: "aggregate" });
    await expect(ended).rejects.toMatchObject({ errors: [error] });
  });

  test.each(odd)("any(): %o", async (error) => {
    const aggregate: unknown = await any([() => Promise.reject(error)]).catch(
      (reason: unknown) => reason,
    );
    expect(aggregate).toBeInstanceOf(AggregateError);
    expect((aggregate as AggregateError).errors).toHaveLength(1);
    expect((aggregate as AggregateError).errors[0]).toBe(error);
  });

  test.each(odd)("gatherSettled(): %o", async (error) => {
    const [result] = await gatherSettled([() => Promise.reject(error)]);
    expect(result).toEqual({ status: "rejected", reason: error });
  });

  test.each(odd)("result() of a task, and group.failures: %o", async (error) => {
    const seen: unknown[] = [];
    await taskGroup(async (group) => {
      const task = group.spawn(() => Promise.reject(error));
      await task.then(null, () => {});
      seen.push(task.status, ...group.failures);
      try {
        task.result();
      } catch (thrown) {
        seen.push(thrown);
      }
    }).catch(() => {});
    expect(seen).toEqual(["failed", error, error]);
  });

  test.each(odd)("a loser of race(): %o", async (error) => {
    const losers: unknown[] = [];
    await race<unknown>(
      [
        () => "won",
        (scope) =>
          new Promise((_resolve, reject) => {
            scope.signal.addEventListener("abort", () => reject(error));
          }),
      ],
      { onLoser: (result) => losers.push(result) },
    );
    expect(losers).toEqual([{ status: "rejected", reason: error }]);
  });
});
