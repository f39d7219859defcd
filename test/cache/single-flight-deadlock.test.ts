// Loads that would wait for themselves.
import { afterEach, describe, expect, test } from "vitest";
import {
  CancelScope,
  DeadlockError,
  detached,
  memoize,
  setDeadlockDetection,
  SingleFlight,
  sleep,
  taskGroup,
  timeout,
  type WaitOptions,
} from "corral";
import { withVirtualClock } from "corral/testing";
import { ambientTest, at } from "../support/mode.ts";
import { settle } from "../support/settle.ts";
import { unhandledDuring } from "../support/unhandled.ts";
import { Loads } from "./flights.ts";

afterEach(() => {
  setDeadlockDetection(true);
});

type Flights = SingleFlight<string, string>;

describe("pitfall 23: a load that asks for itself", () => {
  test("in its first step is refused, and fails if it does not go on without", async () => {
    const flights: Flights = new SingleFlight();
    const call = flights.run("users/1", () => flights.run("users/1", async () => "never"));
    await expect(call).rejects.toBeInstanceOf(DeadlockError);
    await expect(call).rejects.toThrow("Cannot load [users/1]: its load would wait for itself");
    expect([flights.has("users/1"), flights.stats().loads]).toEqual([false, 0]);
  });

  test("after it has waited is refused, too", async () => {
    const flights: Flights = new SingleFlight();
    const call = flights.run("a", async (scope) => {
      await settle();
      return flights.run("a", async () => "never", at(scope));
    });
    await expect(call).rejects.toBeInstanceOf(DeadlockError);
  });

  test("may go on without", async () => {
    const flights: Flights = new SingleFlight();
    const call = flights.run("a", async (scope) => {
      const early = flights.run("a", async () => "never").catch((error: Error) => error.name);
      await settle();
      const late = flights
        .run("a", async () => "never", at(scope))
        .catch((error: Error) => error.name);
      return `${await early}, ${await late}`;
    });
    expect(await call).toBe("DeadlockError, DeadlockError");
  });

  test("from a child, and from a scope within, is refused", async () => {
    const flights: Flights = new SingleFlight();
    const call = flights.run("a", (scope) =>
      taskGroup(
        (group) =>
          group.spawn(async (task) => {
            await settle();
            return timeout(
              60_000,
              (inner) => flights.run("a", async () => "never", at(inner)),
              at(task.scope),
            );
          }),
        at(scope),
      ),
    );
    await expect(call).rejects.toBeInstanceOf(DeadlockError);
  });

  test("with a signal from outside is refused in its first step", async () => {
    const flights: Flights = new SingleFlight();
    const call = flights.run("a", () =>
      flights.run("a", async () => "never", new AbortController()),
    );
    await expect(call).rejects.toBeInstanceOf(DeadlockError);
  });

  test("takes no other call with it", async () => {
    const flights: Flights = new SingleFlight();
    const loads = new Loads();
    let nested: Promise<unknown> | undefined;
    const calls = [1, 2].map(() =>
      flights.run("a", (scope) => {
        nested = flights.run("a", loads.load).catch((error: Error) => error.name);
        return loads.load(scope);
      }),
    );
    await settle();
    expect(await nested).toBe("DeadlockError");
    loads.begun[0]!.gate.resolve("value");
    expect(await Promise.all(calls)).toEqual(["value", "value"]);
    expect(loads.begun).toHaveLength(1);
  });
});

/** Each waits for the next, and the last one for the first. */
function circle(
  flights: (key: string) => Flights,
  keys: readonly string[],
  pause: () => unknown,
): Promise<string> {
  const ask = (i: number, options: WaitOptions): Promise<string> => {
    const key = keys[i % keys.length]!;
    return flights(key).run(
      key,
      async (scope) => {
        await pause();
        return ask(i + 1, at(scope));
      },
      options,
    );
  };
  return ask(0, {});
}

describe("pitfall 23: loads in a circle are refused", () => {
  test.each([
    ["two", ["a", "b"]],
    ["three", ["a", "b", "c"]],
    ["ten", "abcdefghij".split("")],
  ])("of %s, each after it has waited", async (_, keys) => {
    const flights: Flights = new SingleFlight();
    const call = circle(() => flights, keys, settle);
    await expect(call).rejects.toBeInstanceOf(DeadlockError);
    await expect(call).rejects.toThrow("Cannot load [a]: its load would wait for itself");
    expect(flights.stats().loads).toBe(0);
  });

  test("each in its first step, with no scope and no signal", async () => {
    const flights: Flights = new SingleFlight();
    const ask = (i: number): Promise<string> => flights.run("abc"[i % 3]!, () => ask(i + 1));
    await expect(ask(0)).rejects.toBeInstanceOf(DeadlockError);
    expect(flights.stats()).toEqual({ loads: 0, calls: 4, begun: 3 });
  });

  test("through several objects", async () => {
    const [one, other]: Flights[] = [new SingleFlight(), new SingleFlight()];
    const call = circle((key) => (key === "a" ? one! : other!), ["a", "b"], settle);
    await expect(call).rejects.toBeInstanceOf(DeadlockError);
  });

  test("through memoized functions", async () => {
    const even: (n: number, options: WaitOptions) => Promise<boolean> = memoize(
      async (n: number, options: WaitOptions) => (await odd((n + 1) % 4, options)) !== null,
    );
    const odd: (n: number, options: WaitOptions) => Promise<boolean> = memoize(
      async (n: number, options: WaitOptions) => {
        await settle();
        return even((n + 1) % 4, options);
      },
    );
    const { signal } = new AbortController();
    await expect(even(0, { signal })).rejects.toBeInstanceOf(DeadlockError);
  });

  test("that are closed by the second of two who have begun apart", async () => {
    const flights: Flights = new SingleFlight();
    const ask = (key: string, other: string): Promise<string> =>
      flights.run(key, async (scope) => {
        await settle();
        return flights.run(other, async () => "never", at(scope));
      });
    const unhandled = await unhandledDuring(async () => {
      const [a, b] = await Promise.allSettled([ask("a", "b"), ask("b", "a")]);
      expect([a.status, b.status]).toEqual(["rejected", "rejected"]);
      expect((a as PromiseRejectedResult).reason).toBe((b as PromiseRejectedResult).reason);
      expect((a as PromiseRejectedResult).reason).toBeInstanceOf(DeadlockError);
    });
    expect([unhandled, flights.stats().loads]).toEqual([[], 0]);
  });

  test("and the others who wait in it get what the refused one makes of it", async () => {
    const flights: Flights = new SingleFlight();
    const call = flights.run("a", async (outer) => {
      await settle();
      const inner = await flights.run(
        "b",
        async (scope) => {
          await settle();
          return flights.run("a", async () => "never", at(scope)).catch(() => "without");
        },
        at(outer),
      );
      return `a ${inner}`;
    });
    const joined = flights.run("b", async () => "never called");
    await settle();
    expect(await joined).toBe("never called");
    expect(await call).toBe("a without");
  });
});

describe("no error are", () => {
  test("loads at the same time, and loads that share one", async () => {
    const flights: Flights = new SingleFlight();
    const loads = new Loads();
    const by = (key: string): Promise<string> =>
      flights.run(key, async (scope) => {
        const early = flights.run("shared", loads.load, at(scope));
        await Promise.resolve();
        const late = flights.run("shared", loads.load, at(scope));
        return `${key} ${await early} ${await late}`;
      });
    const top = flights.run("top", async (scope) => {
      const both = await Promise.all([by("a"), by("b"), flights.run("c", loads.load, at(scope))]);
      return both.join(", ");
    });
    await settle();
    for (const { gate } of loads.begun) gate.resolve("value");
    expect(await top).toBe("a value value, b value value, value");
    expect(flights.stats().begun).toBe(5);
  });

  test("a load that waits for one that was under way before it", async () => {
    const flights: Flights = new SingleFlight();
    const loads = new Loads();
    const b = flights.run("b", loads.load);
    await settle();
    const a = flights.run("a", (scope) => flights.run("b", loads.load, at(scope)));
    await settle();
    loads.begun[0]!.gate.resolve("value");
    expect(await Promise.all([a, b])).toEqual(["value", "value"]);
  });

  test("a load of the same key in another object, and of another key in the same", async () => {
    const [one, other]: Flights[] = [new SingleFlight(), new SingleFlight()];
    const call = one!.run("a", (scope) =>
      other!.run("a", () => one!.run("b", async () => "value"), at(scope)),
    );
    expect(await call).toBe("value");
  });

  test("a load of its own key anew, when it was forgotten", async () => {
    const flights: Flights = new SingleFlight();
    const call = flights.run("a", (scope) => {
      flights.forget("a");
      return flights.run("a", async () => "anew", at(scope));
    });
    expect(await call).toBe("anew");
  });

  test("what a load has left behind, and asks when that has ended", async () => {
    const flights: Flights = new SingleFlight();
    let stray: Promise<string> | undefined;
    const first = flights.run("a", async (scope) => {
      stray = settle()
        .then(() => settle())
        .then(() => flights.run("a", async () => "second", at(scope)));
      return "first";
    });
    expect([await first, await stray]).toEqual(["first", "second"]);
  });

  ambientTest("what is detached from the load (needs ambient scopes)", async () => {
    const flights: Flights = new SingleFlight();
    let apart: Promise<string> | undefined;
    const call = flights.run("a", async () => {
      await settle();
      apart = detached(() => flights.run("a", async () => "never"));
      return "value";
    });
    expect([await call, await apart]).toEqual(["value", "value"]);
  });

  test("a wait that was in a circle and has been left", () =>
    withVirtualClock(async () => {
      const flights: Flights = new SingleFlight();
      const loads = new Loads();
      const b = flights.run("b", async (scope) => {
        await sleep(20, at(scope));
        return `b ${await flights.run("a", loads.load, at(scope))}`;
      });
      // "a" has waited for "b", and does not any more.
      const a = flights.run("a", async (scope) => {
        await timeout(10, (inner) => flights.run("b", loads.load, at(inner)), at(scope)).catch(
          () => {},
        );
        await sleep(50, at(scope));
        return "a";
      });
      expect(await Promise.all([a, b])).toEqual(["a", "b a"]);
    }));
});

describe("with the detection switched off, a load that asks for itself", () => {
  test.each([false, true])("in its first step is refused; keepAlive: %o", async (keepAlive) => {
    setDeadlockDetection(false);
    const flights: Flights = new SingleFlight({ keepAlive });
    const call = flights.run("a", () => flights.run("a", async () => "never"));
    await expect(call).rejects.toBeInstanceOf(DeadlockError);
    const later = flights.run("a", async () => {
      const nested = flights.run("b", () => flights.run("a", async () => "never"));
      return nested;
    });
    await expect(later).rejects.toBeInstanceOf(DeadlockError);
  });

  test.each([false, true])(
    "by the signal of its scope is refused; keepAlive: %o",
    async (keepAlive) => {
      setDeadlockDetection(false);
      const flights: Flights = new SingleFlight({ keepAlive });
      const call = flights.run("a", async ({ signal }) => {
        await settle();
        return flights.run("a", async () => "never", { signal });
      });
      await expect(call).rejects.toBeInstanceOf(DeadlockError);
    },
  );

  test("for a caller that can be cancelled is refused", async () => {
    setDeadlockDetection(false);
    const flights: Flights = new SingleFlight();
    const load = async (scope: CancelScope): Promise<string> => {
      await settle();
      return flights.run("a", async () => "never", at(scope));
    };
    const scope = new CancelScope();
    const call = scope.run(() => flights.run("a", load, at(scope)));
    await expect(call).rejects.toBeInstanceOf(DeadlockError);
    const other = flights.run("a", load, new AbortController());
    await expect(other).rejects.toBeInstanceOf(DeadlockError);
  });

  test.each([false, true])("has a deadline of its own all the same; keepAlive: %o", (keepAlive) =>
    withVirtualClock(async (clock) => {
      setDeadlockDetection(false);
      const flights: Flights = new SingleFlight({ keepAlive });
      const call = detached(() =>
        flights.run("a", async (scope) => {
          scope.deadline = clock.now() + 10;
          await sleep(100, { signal: scope.signal });
          return "too late";
        }),
      );
      await expect(call).rejects.toMatchObject({ name: "TimeoutError", deadline: 10 });
      expect(clock.now()).toBe(10);
    }),
  );
});
