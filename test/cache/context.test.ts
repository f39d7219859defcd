// Whose async context a load runs in: the owner's, and never that of the caller who came first. Where the
// library finds no async contexts (mode `explicit`), loads run in whichever they are called in.
import { AsyncLocalStorage } from "node:async_hooks";
import { afterEach, describe, expect, test } from "vitest";
import {
  AsyncLru,
  CancelScope,
  memoize,
  memoizeMethod,
  setDeadlockDetection,
  SingleFlight,
  type WaitOptions,
} from "corral";
import { ambientTest, at } from "../support/mode.ts";
import { settle } from "../support/settle.ts";
import { outcomeOf } from "./flights.ts";

afterEach(() => {
  setDeadlockDetection(true);
});

const storage = new AsyncLocalStorage<string>();
const who = (): string => storage.getStore() ?? "nobody";

type Load = () => string | Promise<string>;

/** Makes something that loads by key. */
type Open = (load: Load, keepAlive: boolean) => (key: string, options?: object) => Promise<string>;

const subjects: Record<string, Open> = {
  SingleFlight: (load, keepAlive) => {
    const flights = new SingleFlight<string, string>({ keepAlive });
    return (key, options) => flights.run(key, load, options);
  },
  "memoize()": (load, keepAlive) =>
    memoize(async (_key: string, _options?: object) => load(), { keepAlive }),
  "memoizeMethod()": (load, keepAlive) => {
    const fn = async (_key: string, _options?: object): Promise<string> => load();
    const it = { load: memoizeMethod(fn, { keepAlive }) };
    return (...args) => it.load(...args);
  },
};

describe.each(Object.entries(subjects))("pitfall 2: %s", (_, open) => {
  const switches = [
    [true, false],
    [true, true],
    [false, false],
    [false, true],
  ] as const;

  ambientTest.each(switches)(
    "runs loads in the context in which it was made, whoever calls; detection %o, keepAlive %o (needs ambient scopes)",
    async (detection, keepAlive) => {
      setDeadlockDetection(detection);
      const seen: string[] = [];
      const load = async (): Promise<string> => {
        seen.push(who());
        await settle();
        seen.push(who());
        return "value";
      };
      const call = storage.run("owner", () => open(load, keepAlive));
      await Promise.all([
        storage.run("first", () => call("a")),
        storage.run("second", () => call("a")),
        storage.run("third", () => call("b")),
        call("c"),
      ]);
      // Again, and from within something that the owner knows nothing of.
      await storage.run("fourth", async () => {
        await settle();
        await call("d", { signal: new AbortController().signal });
        const scope = new CancelScope();
        await scope.run(() => call("e", at(scope)));
      });
      expect(new Set(seen)).toEqual(new Set(["owner"]));
      expect(seen).toHaveLength(10);
    },
  );

  ambientTest("runs them in none where it was made in none (needs ambient scopes)", async () => {
    const seen: string[] = [];
    const call = open(() => {
      seen.push(who());
      return "value";
    }, false);
    await storage.run("caller", () => call("a"));
    await storage.run("caller", () => call("b"));
    expect(seen).toEqual(["nobody", "nobody"]);
  });

  ambientTest(
    "runs a load that another one has begun in it, too (needs ambient scopes)",
    async () => {
      const seen: unknown[] = [];
      const nested: Record<string, () => Promise<string>> = {
        outer: () => storage.run("outer", () => call("inner")),
        inner: async () => {
          seen.push(who(), (CancelScope.current?.parent as CancelScope | undefined)?.name);
          return "value";
        },
      };
      const keys = ["outer", "inner"];
      const call = storage.run("owner", () => open(() => nested[keys.shift()!]!(), false));
      const scope = new CancelScope({ name: "caller's" });
      expect(await scope.run(() => call("outer"))).toBe("value");
      expect(seen).toEqual(["owner", undefined]);
    },
  );

  ambientTest(
    "is not changed by what a load sets in its context (needs ambient scopes)",
    async () => {
      const seen: string[] = [];
      const call = storage.run("owner", () =>
        open(() => {
          seen.push(who());
          storage.enterWith("load");
          return "value";
        }, false),
      );
      await storage.run("caller", async () => {
        for (const key of ["a", "b", "c"]) {
          await call(key);
          seen.push(who());
        }
      });
      expect(seen).toEqual(["owner", "caller", "owner", "caller", "owner", "caller"]);
    },
  );

  test("lets each caller go on in its own", async () => {
    const call = storage.run("owner", () => open(() => settle().then(() => "value"), false));
    const caller = (name: string, fail = false): Promise<string[]> =>
      storage.run(name, async () => {
        const seen: string[] = [];
        const { signal } = new AbortController();
        seen.push(await call(fail ? "bad" : "a", { signal }), who());
        await call(fail ? "bad" : "a").then(() => seen.push(who()));
        return seen;
      });
    expect(await Promise.all([caller("first"), caller("second")])).toEqual([
      ["value", "first", "first"],
      ["value", "second", "second"],
    ]);
  });

  test("lets each caller go on in its own when the load has failed, or when it was left", async () => {
    const call = storage.run("owner", () =>
      open(() => settle().then(() => Promise.reject(new Error("no"))), false),
    );
    const seen: string[] = [];
    const caller = (name: string, controller?: AbortController): Promise<unknown> =>
      storage.run(name, async () => {
        try {
          await call("a", controller === undefined ? undefined : { signal: controller.signal });
        } catch (error) {
          seen.push(`${who()}: ${String(error)}`);
        }
      });
    const controller = new AbortController();
    const calls = [caller("first"), caller("second", controller), caller("third")];
    storage.run("canceller", () => controller.abort("gone"));
    await Promise.all(calls);
    expect(seen.toSorted()).toEqual(["first: Error: no", "second: gone", "third: Error: no"]);
  });

  test("is not in the scope in which it was made, nor in its callers'", async () => {
    const owner = new CancelScope();
    const seen: (CancelScope | undefined)[] = [];
    let end: ((value: string) => void) | undefined;
    const load = (): Promise<string> => {
      seen.push(CancelScope.current?.parent as CancelScope | undefined);
      return new Promise((resolve) => (end = resolve));
    };
    const made = await owner.run(async () => ({ call: open(load, true) }));
    const caller = new CancelScope();
    const call = outcomeOf(caller.run(() => made.call("a", { signal: at(caller).signal })));
    await settle();
    owner.cancel("owner");
    caller.cancel("caller");
    expect(await call).toMatchObject({ reason: { reason: "caller" } });
    const joined = made.call("a", { signal: undefined });
    await settle();
    end!("value");
    expect([await joined, seen]).toEqual(["value", [undefined]]);
  });

  test("runs loads also when it was made in a scope that has been cancelled since", async () => {
    const owner = new CancelScope();
    const made = await owner.run(async () => ({ call: open(async () => "value", false) }));
    const cancelled = new CancelScope();
    cancelled.cancel();
    const late = await cancelled.run(async () => ({ call: open(async () => "value", false) }));
    owner.cancel();
    expect([await made.call("a"), await late.call("a")]).toEqual(["value", "value"]);
  });
});

ambientTest(
  "pitfall 2: a load that is given up hears of it in the owner's context, not in that of the last who left (needs ambient scopes)",
  async () => {
    const seen: string[] = [];
    const ends: ((value: string) => void)[] = [];
    const load = (scope: CancelScope): Promise<string> => {
      scope.signal.addEventListener("abort", () => {
        seen.push(who(), String(CancelScope.current));
        storage.enterWith("listener");
      });
      return new Promise((resolve) => ends.push(resolve));
    };
    const owned = storage.run("owner", () => {
      const flights = new SingleFlight<string, string>();
      const cache = new AsyncLru<string, string>({ load: (_key, scope) => load(scope) });
      return [
        (key: string, options: WaitOptions) => flights.run(key, load, options),
        (key: string, options: WaitOptions) => cache.get(key, options),
      ];
    });
    for (const call of owned) {
      for (const key of ["a", "b"]) {
        const controller = new AbortController();
        const { signal } = controller;
        const first = outcomeOf(storage.run("first", () => call(key, { signal })));
        await storage.run("last", async () => {
          const scope = new CancelScope();
          const last = outcomeOf(scope.run(() => call(key, at(scope))));
          controller.abort();
          scope.cancel();
          expect(who()).toBe("last");
          await Promise.all([first, last]);
        });
      }
    }
    const once = ["owner", "undefined"];
    expect(seen).toEqual([...once, ...once, ...once, ...once]);
    for (const end of ends) end("late");
  },
);

ambientTest(
  "pitfall 2: what is done to a second level is done in the owner's context, whoever asks for it (needs ambient scopes)",
  async () => {
    const seen: string[] = [];
    const see = async (what: string): Promise<undefined> => {
      seen.push(`${what}: ${who()}, ${String(CancelScope.current)}`);
      await settle();
      storage.enterWith("tier");
      return undefined;
    };
    const cache = storage.run(
      "owner",
      () =>
        new AsyncLru<string, string>({
          load: async (key) => key,
          tier: {
            get: () => see("get").then(() => undefined),
            set: (_key, value) => see(`set ${value}`),
            delete: () => see("delete"),
            clear: () => see("clear"),
            lease: () => see("lease").then(() => () => see("release")),
          },
        }),
    );
    const as = (name: string, fn: () => unknown): Promise<unknown> =>
      storage.run(name, () => new CancelScope({ name }).run(fn));
    await as("ann", () => cache.set("a", "ann's"));
    await settle();
    await as("bob", () => cache.set("a", "bob's"));
    await cache.settled();
    await as("bob", () => cache.delete("a"));
    await cache.settled();
    await as("bob", () => cache.clear());
    await cache.settled();
    await as("cyd", async () => {
      await cache.get("b");
    });
    await cache.settled();
    expect(seen.map((line) => line.replace(/ "".*$/, ""))).toEqual([
      "set ann's: owner, undefined",
      "set bob's: owner, undefined",
      "delete: owner, undefined",
      "clear: owner, undefined",
      "get: owner, CancelScope",
      "lease: owner, CancelScope",
      "get: owner, CancelScope",
      "set b: owner, undefined",
      "release: owner, undefined",
    ]);
  },
);

ambientTest(
  "pitfall 2: a load that is begun behind the callers runs in the owner's context, too (needs ambient scopes)",
  async () => {
    const seen: string[] = [];
    const call = storage.run("owner", () =>
      memoize(
        async () => {
          seen.push(who());
          return seen.length;
        },
        { ttlMs: (value) => (value === 1 ? 1e-9 : Infinity), staleWhileRevalidateMs: 1e9 },
      ),
    );
    await storage.run("first", () => call());
    await settle();
    expect(await storage.run("second", () => call())).toBe(1);
    await settle();
    expect([seen, await call()]).toEqual([["owner", "owner"], 2]);
  },
);

ambientTest(
  "pitfall 2: memoizeMethod() runs them in the context of who has made the method, not the instance (needs ambient scopes)",
  async () => {
    const made = storage.run("definer", () =>
      memoizeMethod(async function (this: unknown) {
        return who();
      }),
    );
    class Service {
      name = made;
    }
    const service = storage.run("maker", () => new Service());
    expect(await storage.run("caller", () => service.name())).toBe("definer");
  },
);
