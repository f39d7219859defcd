import { AsyncLocalStorage } from "node:async_hooks";
import { expect, test } from "vitest";
import { batch, CancelScope, sleep } from "corral";
import { withVirtualClock } from "corral/testing";
import { at, ambientTest } from "../support/mode.ts";
import { settle } from "../support/settle.ts";

const user = new AsyncLocalStorage<string>();

ambientTest(
  "pitfall 2: loadMany runs in the async context of the owner, never in that of a caller (needs AsyncLocalStorage)",
  () =>
    withVirtualClock(async () => {
      for (const options of [{}, { max: 1 }, { windowMs: 10 }, { max: 1, concurrency: 1 }]) {
        const seen: (string | undefined)[] = [];
        const load = user.run("owner", () =>
          batch(async (keys: readonly number[]) => {
            seen.push(user.getStore());
            await sleep(5);
            seen.push(user.getStore());
            return keys;
          }, options),
        );
        const calls = [1, 2, 3].map((key) => user.run(`caller ${key}`, () => load(key)));
        await Promise.all(calls);
        await user.run("caller 4", () => load(4));
        user.run("caller 5", () => {
          calls.push(load(5));
          load.flush();
        });
        await Promise.all(calls);
        expect(new Set(seen)).toEqual(new Set(["owner"]));
      }
    }),
);

ambientTest(
  "pitfall 2: what loadMany hears of a cancellation, it hears in the owner's async context (needs AsyncLocalStorage)",
  async () => {
    const seen: (string | undefined)[] = [];
    const load = user.run("owner", () =>
      batch(
        (_keys: readonly number[], { signal }) =>
          new Promise<number[]>((_, reject) => {
            signal.addEventListener("abort", () => {
              seen.push(user.getStore());
              reject(signal.reason as Error);
            });
          }),
      ),
    );
    const controller = new AbortController();
    const loading = load(1, { signal: controller.signal });
    await settle();
    user.run("caller", () => controller.abort("gone"));
    await expect(loading).rejects.toBe("gone");
    await settle();
    expect(seen).toEqual(["owner"]);
  },
);

ambientTest(
  "pitfall 2: each caller goes on in its own async context; so does `key` (needs AsyncLocalStorage)",
  async () => {
    const seen: (string | undefined)[] = [];
    const load = user.run("owner", () =>
      batch((keys: readonly number[]) => keys, {
        key: (key) => {
          seen.push(user.getStore());
          return key;
        },
      }),
    );
    const call = async (key: number): Promise<void> => {
      await load(key);
      seen.push(user.getStore());
    };
    await Promise.all(["a", "b"].map((name, key) => user.run(name, () => call(key))));
    expect(seen).toEqual(["a", "b", "a", "b"]);
  },
);

test("the scope of a batch is its own: neither a caller's, nor that in which batch() was called", async () => {
  const scopes: CancelScope[] = [];
  const owner = new CancelScope({ name: "owner" });
  const load = await owner.run(() => {
    const made = batch(function users(keys: readonly number[], scope) {
      scopes.push(scope);
      return keys;
    });
    owner.cancel("the owner is gone");
    return made;
  });
  const caller = new CancelScope({ name: "caller" });
  expect(await caller.run(() => load(1, at(caller)))).toBe(1);
  expect(scopes.map(({ name, parent, cancelled }) => [name, parent, cancelled])).toEqual([
    ["users", undefined, false],
  ]);
});

ambientTest("loadMany has that scope as the current one (needs ambient scopes)", async () => {
  const load = batch((_keys: readonly number[], scope) => [
    [scope === CancelScope.current, scope.name],
  ]);
  const caller = new CancelScope({ name: "caller" });
  expect(await caller.run(() => load(1))).toEqual([true, undefined]);
  const named = batch((_keys: readonly number[], scope) => [scope.name], { name: "users" });
  expect(await named(1)).toBe("users");
});

ambientTest("a batch survives the scope of the caller who asked first (needs ambient scopes)", () =>
  withVirtualClock(async (clock) => {
    const load = batch(async (keys: readonly number[]) => {
      await sleep(100);
      return keys;
    });
    const scope = new CancelScope();
    const first = scope.run(() => load(1));
    const second = load(2);
    await sleep(50);
    scope.cancel("gone");
    await expect(first).rejects.toMatchObject({ reason: "gone" });
    expect([await second, clock.now()]).toEqual([2, 100]);
  }),
);
