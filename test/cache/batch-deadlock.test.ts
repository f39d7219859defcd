import { expect, test } from "vitest";
import { batch, type Batched, DeadlockError, Mutex, sleep, timeout } from "corral";
import { withVirtualClock } from "corral/testing";
import { ambientTest } from "../support/mode.ts";
import { settle } from "../support/settle.ts";

/** Loads a key by way of the next one, up to 3. */
function chained(
  concurrency: number,
  next: (load: Batched<number, string>, key: number) => unknown,
): Batched<number, string> {
  const load: Batched<number, string> = batch(
    async function users(keys: readonly number[]) {
      await settle();
      for (const key of keys) if (key < 3) await next(load, key + 1);
      return keys.map((key) => `#${key}`);
    },
    { concurrency },
  );
  return load;
}

ambientTest(
  "a loadMany that awaits a key for which there can be no place rejects at once (needs ambient scopes)",
  async () => {
    const ways: ((load: Batched<number, string>, key: number) => Promise<unknown>)[] = [
      (load, key) => load(key),
      (load, key) => load.many([key, key + 1]),
      (load, key) => Promise.all([load(key), sleep(0)]),
      (load, key) => load(key).then((it) => it),
    ];
    for (const way of ways) {
      for (const concurrency of [1, 2]) {
        const failure: unknown = await chained(
          concurrency,
          way,
        )(0).catch((error: unknown) => error);
        expect(failure).toBeInstanceOf(DeadlockError);
        expect((failure as Error).message).toContain(
          'Cannot load: scope "users" would wait for ever for the batch "users": ' +
            'the batch "users" is held by scope "users"',
        );
      }
    }
  },
);

test("a loadMany may await keys for which there is a place", async () => {
  expect(await chained(4, (load, key) => load(key))(0)).toBe("#0");
  expect(await chained(Infinity, (load, key) => load.many([key, 3]))(0)).toBe("#0");
});

test("a loadMany may ask for keys that it does not await", async () => {
  const asked: Promise<unknown>[] = [];
  const load = chained(1, (it, key) => {
    asked.push(it(key), it.many([key, 3]));
  });
  expect(await load(0)).toBe("#0");
  expect(await Promise.all(asked)).toEqual(["#1", ["#1", "#3"]]);
});

/** Loads under a lock, after a while. */
function locking(mutex: Mutex, concurrency: number): Batched<number, number> {
  return batch(
    async function users(keys: readonly number[]) {
      await sleep(10);
      return mutex.run(() => keys);
    },
    { concurrency },
  );
}

ambientTest.each([1, 2, Infinity])(
  "one who awaits a load under the lock that it needs is in a circle with it: concurrency %s (needs ambient scopes)",
  (concurrency) =>
    withVirtualClock(async () => {
      const mutex = new Mutex();
      const load = locking(mutex, concurrency);
      const failure: unknown = await mutex
        .run(async () => {
          await load(1);
        })
        .catch((error: unknown) => error);
      expect(failure).toBeInstanceOf(DeadlockError);
      expect((failure as Error).message).toBe(
        'Cannot run under a mutex: scope "users" would wait for ever for the mutex: ' +
          'the mutex is held by scope "test"; scope "test" waits for the batch "users"; ' +
          'the batch "users" is held by scope "users"',
      );
      expect(await load(2)).toBe(2);
    }),
);

ambientTest(
  "one who awaits a place under the lock that all who have one need is in a circle with them (needs ambient scopes)",
  () =>
    withVirtualClock(async () => {
      const mutex = new Mutex();
      const load = locking(mutex, 1);
      const first = Promise.allSettled([load(1)]);
      await sleep(5);
      const second = mutex.run(async () => {
        await load(2).catch(() => {});
        return "goes on";
      });
      expect(await first).toMatchObject([{ reason: { name: "DeadlockError" } }]);
      expect(await second).toBe("goes on");
    }),
);

ambientTest("nobody is refused where somebody gives way (needs ambient scopes)", () =>
  withVirtualClock(async () => {
    const mutex = new Mutex();
    const load = batch(
      async (keys: readonly number[]) => {
        await sleep(10);
        await timeout(20, () => mutex.run(() => {})).catch(() => {});
        return keys;
      },
      { concurrency: 1 },
    );
    const first = load(1);
    await sleep(5);
    expect(await mutex.run(() => load(2))).toBe(2);
    expect(await first).toBe(1);
  }),
);
