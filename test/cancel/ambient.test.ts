import { AsyncLocalStorage } from "node:async_hooks";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type * as Corral from "../../src/index.ts";
import { limit, taskGroup } from "corral";
import { deferred } from "../support/deferred.ts";
import { ambientTest, explicit } from "../support/mode.ts";

type Library = typeof Corral;

const key = Symbol.for("corral.runtime.1");
const registry = globalThis as unknown as Record<symbol, unknown>;
let previous: unknown;

beforeEach(() => {
  previous = registry[key];
});

afterEach(() => {
  registry[key] = previous;
  vi.restoreAllMocks();
  vi.resetModules();
});

/** The library as a process has it that has just started. */
async function fresh(): Promise<Library> {
  delete registry[key];
  vi.resetModules();
  return import("../../src/index.ts");
}

/** Counts uses of the storage. */
function watchStorage(): { made: () => number; used: () => number } {
  const run = vi.spyOn(AsyncLocalStorage.prototype, "run");
  const enterWith = vi.spyOn(AsyncLocalStorage.prototype, "enterWith");
  const getStore = vi.spyOn(AsyncLocalStorage.prototype, "getStore");
  const record = registry[key] as { storage: unknown };
  return {
    made: () => (record.storage === undefined ? 0 : 1),
    used: () => run.mock.calls.length + enterWith.mock.calls.length + getStore.mock.calls.length,
  };
}

describe("code that opens no scope", () => {
  test("never makes or touches the storage", async () => {
    const library = await fresh();
    const storage = watchStorage();
    const controller = new AbortController();
    const two = library.limit(2);
    await two.map([1, 2, 3, 4], (n) =>
      library.sleep(0, { signal: controller.signal }).then(() => n),
    );
    await Promise.all([1, 2, 3, 4].map((n) => two(() => Promise.resolve(n))));
    await library.checkpoint();
    await library.cancellable(Promise.resolve());
    expect(library.CancelScope.current).toBeUndefined();
    expect(library.currentSignal().aborted).toBe(false);
    expect(library.detached(() => 5)).toBe(5);
    const scope = new library.CancelScope();
    scope.cancel();
    await library.sleep(0, { signal: scope.signal }).catch(() => {});
    expect(storage.made()).toBe(0);
    expect(storage.used()).toBe(0);
  });

  ambientTest("and code that opens one does (needs ambient scopes)", async () => {
    const library = await fresh();
    const storage = watchStorage();
    await new library.CancelScope().run(() => library.sleep(0));
    expect(storage.made()).toBe(1);
    expect(storage.used()).toBeGreaterThan(0);
  });
});

describe("setAmbient()", () => {
  test("(false) before the first scope: scopes reach the waits that get their signal", async () => {
    const library = await fresh();
    library.setAmbient(false);
    const storage = watchStorage();
    const scope = new library.CancelScope();
    await scope.run(async () => {
      expect(library.CancelScope.current).toBeUndefined();
      const free = library.sleep(5);
      const bound = library.sleep(5, { signal: scope.signal });
      scope.cancel("stop");
      await free;
      await expect(bound).rejects.toBe(scope.signal.reason);
    });
    expect(storage.used()).toBe(0);
  });

  ambientTest("(false) after the first scope is a TypeError (needs ambient scopes)", async () => {
    const library = await fresh();
    await new library.CancelScope().run(() => undefined);
    expect(() => library.setAmbient(false)).toThrow(TypeError);
    expect(() => library.setAmbient(false)).toThrow(
      /^Cannot switch ambient scopes off: expected .*, received /,
    );
  });

  ambientTest("(true) switches them on again (needs ambient scopes)", async () => {
    const library = await fresh();
    library.setAmbient(false);
    library.setAmbient(true);
    const scope = new library.CancelScope();
    await scope.run(() => expect(library.CancelScope.current).toBe(scope));
  });

  test("refuses what is no boolean", async () => {
    const library = await fresh();
    expect(() => library.setAmbient(0 as never)).toThrow(
      'Cannot switch ambient scopes: "on" must be a boolean, received 0',
    );
  });
});

describe("currentSignal()", () => {
  test("gives a fresh one that never aborts where there is no scope", async () => {
    const library = await fresh();
    const signal = library.currentSignal();
    expect(signal.aborted).toBe(false);
    expect(library.currentSignal()).not.toBe(signal);
  });

  ambientTest("gives the current scope's (needs ambient scopes)", async () => {
    const library = await fresh();
    const scope = new library.CancelScope();
    await scope.run(() => {
      expect(library.currentSignal()).toBe(scope.signal);
      scope.cancel();
      expect(library.currentSignal().aborted).toBe(true);
    });
  });
});

describe("the caller's async context", () => {
  const storage = new AsyncLocalStorage<string>();

  test("is kept in calls that waited in the line of a limit", async () => {
    const one = limit(1);
    const seen: unknown[] = [];
    const calls = ["a", "b", "c"].map((name) =>
      storage.run(name, () =>
        one(async () => {
          seen.push(storage.getStore());
          await Promise.resolve();
          seen.push(storage.getStore());
        }),
      ),
    );
    await Promise.all(calls);
    expect(seen).toEqual(["a", "a", "b", "b", "c", "c"]);
  });

  test("is kept in children that waited in the line of a full group", async () => {
    const seen: unknown[] = [];
    await taskGroup(
      (group) => {
        for (const name of ["a", "b", "c"]) {
          storage.run(name, () =>
            group.spawn(async () => {
              seen.push(storage.getStore());
              await Promise.resolve();
              seen.push(storage.getStore());
            }),
          );
        }
      },
      { concurrency: 1 },
    );
    expect(seen).toEqual(["a", "a", "b", "b", "c", "c"]);
  });

  test("is kept in calls whose place came by a rise of the limit", async () => {
    const one = limit(1);
    const end = deferred();
    const held = one(() => end.promise);
    const call = storage.run("caller", () => one(() => storage.getStore()));
    storage.run("somebody else", () => {
      one.concurrency = 2;
    });
    await expect(call).resolves.toBe("caller");
    end.resolve();
    await held;
  });

  test("is what the mode of this run says for scopes", async () => {
    const library = await fresh();
    await new library.CancelScope().run((scope) => {
      expect(library.CancelScope.current === scope).toBe(!explicit);
    });
  });
});
