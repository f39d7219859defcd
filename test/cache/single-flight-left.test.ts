// What becomes of a load that nobody waits for any more, and of those who come meanwhile.
import { describe, expect, test } from "vitest";
import {
  CancelledError,
  CancelScope,
  detached,
  now,
  SingleFlight,
  sleep,
  TaskGroup,
  timeout,
  TimeoutError,
} from "corral";
import { withVirtualClock } from "corral/testing";
import { ambientTest, at } from "../support/mode.ts";
import { reportsDuring } from "../support/reports.ts";
import { settle } from "../support/settle.ts";
import { unhandledDuring } from "../support/unhandled.ts";
import { Loads, outcomeOf } from "./flights.ts";

type Flights = SingleFlight<string, string>;

/** A load that was given up while it goes on. */
async function givenUp(flights: Flights, loads: Loads): Promise<void> {
  const controller = new AbortController();
  const call = outcomeOf(flights.run("a", loads.stubborn, controller));
  await settle();
  controller.abort("gone");
  expect(await call).toEqual({ reason: "gone" });
  expect(loads.aborted.at(-1)).toBe(true);
}

describe("a load that is being cancelled", () => {
  test("is not joined: the next call begins a new one, while it goes on", async () => {
    const flights: Flights = new SingleFlight();
    const loads = new Loads();
    await givenUp(flights, loads);
    const calls = [flights.run("a", loads.load), flights.run("a", loads.load)];
    await settle();
    expect(loads.aborted).toEqual([true, false]);
    loads.begun[1]!.gate.resolve("new");
    expect(await Promise.all(calls)).toEqual(["new", "new"]);
    loads.begun[0]!.gate.resolve("old");
    await settle();
    expect(flights.stats()).toEqual({ loads: 0, calls: 3, begun: 2 });
  });

  test.each(["value", "failure"])("harms the new one by no late %s", async (late) => {
    const flights: Flights = new SingleFlight();
    const loads = new Loads();
    const unhandled = await unhandledDuring(async () => {
      await givenUp(flights, loads);
      const early = flights.run("a", loads.load);
      await settle();
      if (late === "value") loads.begun[0]!.gate.resolve("old");
      else loads.begun[0]!.gate.reject(new Error("old"));
      await settle();
      expect([flights.has("a"), flights.stats().loads]).toEqual([true, 1]);
      const joined = flights.run("a", loads.load);
      await settle();
      expect(loads.aborted).toEqual([true, false]);
      loads.begun[1]!.gate.resolve("new");
      expect([await early, await joined]).toEqual(["new", "new"]);
    });
    expect(unhandled).toEqual([]);
  });

  test("may be followed by several, each given up in its turn, and ended in any order", async () => {
    const flights: Flights = new SingleFlight();
    const loads = new Loads();
    for (let i = 0; i < 3; i++) await givenUp(flights, loads);
    const call = flights.run("a", loads.stubborn);
    await settle();
    expect(loads.aborted).toEqual([true, true, true, false]);
    for (const i of [1, 3, 0, 2]) {
      expect(flights.has("a")).toBe([1, 3].includes(i));
      loads.begun[i]!.gate.resolve(`value ${i}`);
      await settle();
    }
    expect([await call, flights.stats().loads]).toEqual(["value 3", 0]);
  });

  test("is not joined by its own abort listener", async () => {
    const flights: Flights = new SingleFlight();
    const controller = new AbortController();
    let anew: Promise<string> | undefined;
    const load = async (scope: CancelScope): Promise<string> => {
      scope.signal.addEventListener("abort", () => {
        anew = detached(() => flights.run("a", async () => "new"));
      });
      await sleep(1e6, { signal: scope.signal });
      return "old";
    };
    const call = outcomeOf(flights.run("a", load, controller));
    await settle();
    controller.abort("gone");
    expect([await call, await anew]).toEqual([{ reason: "gone" }, "new"]);
  });

  test("has told its reason once, however many leave", async () => {
    const flights: Flights = new SingleFlight();
    const loads = new Loads();
    const controllers = [new AbortController(), new AbortController(), new AbortController()];
    const calls = controllers.map((controller) =>
      outcomeOf(flights.run("a", loads.stubborn, controller)),
    );
    await settle();
    let aborts = 0;
    loads.begun[0]!.signal.addEventListener("abort", () => aborts++);
    for (const controller of controllers) {
      expect(aborts).toBe(0);
      controller.abort("gone");
    }
    expect(aborts).toBe(1);
    expect(await Promise.all(calls)).toEqual(controllers.map(() => ({ reason: "gone" })));
    loads.begun[0]!.gate.resolve("late");
  });

  test("has ended when nobody waited: its value goes nowhere, and it is in nobody's way", async () => {
    const flights: Flights = new SingleFlight();
    const loads = new Loads();
    await givenUp(flights, loads);
    loads.begun[0]!.gate.resolve("late");
    await settle();
    expect(flights.stats().loads).toBe(0);
    expect(await flights.run("a", async () => "new")).toBe("new");
  });
});

describe("a load that is given up in its first step", () => {
  test("is followed by another one for who comes in the same step", async () => {
    const flights: Flights = new SingleFlight();
    const loads = new Loads();
    const controller = new AbortController();
    const gone = outcomeOf(flights.run("a", loads.load, controller));
    controller.abort("gone");
    expect([flights.has("a"), loads.aborted]).toEqual([false, [true]]);
    const next = flights.run("a", async () => "new");
    expect([await gone, await next]).toEqual([{ reason: "gone" }, "new"]);
    await settle();
    expect(flights.stats()).toEqual({ loads: 0, calls: 2, begun: 2 });
  });

  test("by its own function is left all the same", async () => {
    const flights: Flights = new SingleFlight();
    const loads = new Loads();
    const controller = new AbortController();
    const load = (scope: CancelScope): Promise<string> => {
      controller.abort("gone");
      expect(scope.signal.aborted).toBe(true);
      return loads.load(scope);
    };
    expect(await outcomeOf(flights.run("a", load, controller))).toEqual({ reason: "gone" });
    await settle();
    expect(flights.stats().loads).toBe(0);
  });

  test("leaves nothing behind", async () => {
    const flights: Flights = new SingleFlight();
    const unhandled = await unhandledDuring(async () => {
      const scope = new CancelScope();
      const gone = scope.run(() => flights.run("a", async () => "never", at(scope)));
      scope.cancel("gone");
      await expect(gone).rejects.toThrow(CancelledError);
      await settle();
    });
    expect([unhandled, flights.stats().loads]).toEqual([[], 0]);
  });
});

function open(): Flights {
  return new SingleFlight({ keepAlive: true });
}

async function leave(flights: Flights, loads: Loads): Promise<void> {
  const controller = new AbortController();
  const call = outcomeOf(flights.run("a", loads.load, controller));
  await settle();
  controller.abort("gone");
  expect(await call).toEqual({ reason: "gone" });
}

describe("with keepAlive, a load that nobody waits for", () => {
  test("goes on, and gives its value to who comes then", async () => {
    const flights = open();
    const loads = new Loads();
    await leave(flights, loads);
    expect([loads.aborted, flights.has("a")]).toEqual([[false], true]);
    const next = flights.run("a", loads.load);
    await settle();
    expect(loads.begun).toHaveLength(1);
    loads.begun[0]!.gate.resolve("value");
    expect([await next, flights.has("a")]).toEqual(["value", false]);
  });

  test("begins, though all have left before", async () => {
    const flights = open();
    const loads = new Loads();
    const controller = new AbortController();
    const call = outcomeOf(flights.run("a", loads.load, controller));
    controller.abort("gone");
    await settle();
    expect([await call, loads.aborted]).toEqual([{ reason: "gone" }, [false]]);
    loads.begun[0]!.gate.resolve("value");
    await settle();
    expect([loads.aborted, flights.stats().loads]).toEqual([[false], 0]);
  });

  test("is not cancelled by deadlines that have passed", () =>
    withVirtualClock(async (clock) => {
      const flights = open();
      let ended = -1;
      const load = async (scope: CancelScope): Promise<string> => {
        await sleep(100, at(scope));
        ended = clock.now();
        return "value";
      };
      const late = timeout(10, (scope) => flights.run("a", load, at(scope)));
      await expect(late).rejects.toThrow(TimeoutError);
      expect(clock.now()).toBe(10);
      expect([await flights.run("a", load), ended]).toEqual(["value", 100]);
    }));

  ambientTest("is told of when it fails (needs ambient scopes)", async () => {
    const flights = open();
    const loads = new Loads();
    const reports = await reportsDuring(async () => {
      await leave(flights, loads);
      loads.begun[0]!.gate.reject(new Error("late"));
      await settle();
    });
    expect(reports).toEqual(["A load that nobody waited for rejected: Error: late"]);
    expect(flights.stats().loads).toBe(0);
  });

  test("is no unhandled rejection when it fails", async () => {
    const flights = open();
    const loads = new Loads();
    const unhandled = await unhandledDuring(async () => {
      await leave(flights, loads);
      loads.begun[0]!.gate.reject(new Error("late"));
      await settle();
    });
    expect(unhandled).toEqual([]);
  });

  ambientTest(
    "fails for who has come since, and is not told of (needs ambient scopes)",
    async () => {
      const flights = open();
      const loads = new Loads();
      const error = new Error("no");
      const reports = await reportsDuring(async () => {
        await leave(flights, loads);
        const next = outcomeOf(flights.run("a", loads.load));
        loads.begun[0]!.gate.reject(error);
        expect(await next).toEqual({ reason: error });
      });
      expect(reports).toEqual([]);
    },
  );
});

describe("a cancelled load that", () => {
  ambientTest("fails with something else is told of (needs ambient scopes)", async () => {
    const flights: Flights = new SingleFlight();
    const loads = new Loads();
    const reports = await reportsDuring(async () => {
      await givenUp(flights, loads);
      loads.begun[0]!.gate.reject(new Error("while cleaning up"));
      await settle();
    });
    expect(reports).toEqual(["A load that nobody waited for rejected: Error: while cleaning up"]);
  });

  ambientTest("answers its cancellation is not told of (needs ambient scopes)", async () => {
    const flights: Flights = new SingleFlight();
    const answers: ((scope: CancelScope) => unknown)[] = [
      (scope) => scope.signal.reason,
      (scope) => scope.reason,
      () => new DOMException("aborted", "AbortError"),
    ];
    const reports = await reportsDuring(async () => {
      for (const answer of answers) {
        const controller = new AbortController();
        const load = async (scope: CancelScope): Promise<string> => {
          await new Promise((resolve) => scope.signal.addEventListener("abort", resolve));
          throw answer(scope);
        };
        const call = outcomeOf(flights.run("a", load, controller));
        await settle();
        controller.abort("gone");
        expect(await call).toEqual({ reason: "gone" });
        await settle();
      }
    });
    expect([reports, flights.stats().loads]).toEqual([[], 0]);
  });
});

/** Loads "a" by "b", and "b" when the test says so. */
function nested(loads: Loads): { flights: Flights; run: Flights["run"] } {
  const flights: Flights = new SingleFlight();
  const load = (scope: CancelScope): Promise<string> =>
    flights.run("b", loads.load, { signal: scope.signal });
  return { flights, run: (_key, _load, options) => flights.run("a", load, options) };
}

describe("a load that waits for another one", () => {
  test("leaves it when it is cancelled, and with that cancels it", async () => {
    const loads = new Loads();
    const { flights, run } = nested(loads);
    const controller = new AbortController();
    const call = outcomeOf(run("a", loads.load, controller));
    await settle();
    expect(loads.aborted).toEqual([false]);
    controller.abort("gone");
    expect(loads.aborted).toEqual([true]);
    expect([flights.has("a"), flights.has("b")]).toEqual([false, false]);
    expect(await call).toEqual({ reason: "gone" });
    await settle();
    expect(flights.stats().loads).toBe(0);
  });

  test("leaves it to the others who wait for it", async () => {
    const loads = new Loads();
    const { flights, run } = nested(loads);
    const controller = new AbortController();
    const call = outcomeOf(run("a", loads.load, controller));
    const other = flights.run("b", loads.load);
    await settle();
    controller.abort("gone");
    expect(await call).toEqual({ reason: "gone" });
    expect(loads.aborted).toEqual([false]);
    loads.begun[0]!.gate.resolve("value");
    expect(await other).toBe("value");
  });
});

describe("a load that its own function cancels", () => {
  test("is not joined any more, and those who wait get its CancelledError", async () => {
    const flights: Flights = new SingleFlight();
    const loads = new Loads();
    const calls = [1, 2].map(() =>
      outcomeOf(
        flights.run("a", async (scope) => {
          await Promise.resolve();
          scope.cancel("changed");
          return loads.stubborn(scope);
        }),
      ),
    );
    await settle();
    expect(flights.has("a")).toBe(false);
    expect(await flights.run("a", async () => "new")).toBe("new");
    loads.begun[0]!.gate.reject(loads.begun[0]!.signal.reason);
    for (const outcome of await Promise.all(calls)) {
      expect((outcome as { reason: unknown }).reason).toBe(loads.begun[0]!.signal.reason);
    }
    expect(loads.begun[0]!.signal.reason).toMatchObject({ name: "AbortError", reason: "changed" });
  });

  test("gives its value all the same, if it has one", async () => {
    const flights: Flights = new SingleFlight();
    const call = flights.run("a", async (scope) => {
      scope.cancel("changed");
      return "value";
    });
    expect(await call).toBe("value");
  });

  test.each([false, true])(
    "by a deadline ends with its TimeoutError, and is not joined while it ends; keepAlive: %o",
    (keepAlive) =>
      withVirtualClock(async (clock) => {
        const flights: Flights = new SingleFlight({ keepAlive });
        const load = async (scope: CancelScope): Promise<string> => {
          scope.deadline = now() + 10;
          try {
            await sleep(100, at(scope));
          } finally {
            await clock.external(settle());
          }
          return "too late";
        };
        const call = outcomeOf(flights.run("a", load));
        await sleep(10);
        const next = flights.run("a", async () => "new");
        expect(await next).toBe("new");
        expect(await call).toMatchObject({ reason: { name: "TimeoutError", deadline: 10 } });
        expect([clock.now(), flights.stats().loads]).toEqual([10, 0]);
      }),
  );
});

test("a load that leaves a group open ends when the children of that have ended", () =>
  withVirtualClock(async (clock) => {
    const flights: Flights = new SingleFlight();
    let cleaned = -1;
    let call: Promise<string> | undefined;
    const reports = await reportsDuring(async () => {
      call = flights.run("a", async (scope) => {
        const group = new TaskGroup(at(scope));
        group.spawn(async (task) => {
          await sleep(1e6, at(task.scope)).catch(() => {});
          await clock.external(settle());
          cleaned = clock.now();
        });
        await sleep(5, at(scope));
        return "value";
      });
      expect(await call.then((value) => [value, cleaned])).toEqual(["value", 5]);
    });
    expect(reports.length).toBeGreaterThan(0);
    expect(flights.stats().loads).toBe(0);
  }));
