import { describe, expect, test } from "vitest";
import { CancelScope, sleep, timeout } from "corral";
import { withVirtualClock } from "corral/testing";
import { CircuitBreaker } from "../../src/resilience/circuit-breaker.ts";
import { CircuitOpenError } from "../../src/resilience/circuit-open-error.ts";
import { at } from "../support/mode.ts";
import { reportsDuring } from "../support/reports.ts";
import { fail, succeed } from "./outcomes.ts";

describe("a closed circuit", () => {
  test("lets calls through, at once, and gives what they give", async () => {
    const circuit = new CircuitBreaker({ failures: 2, openMs: 100 });
    let called = false;
    const call = circuit.run((scope) => {
      called = true;
      return scope;
    });
    expect(called).toBe(true);
    expect(await call).toBeInstanceOf(CancelScope);
    expect(await circuit.run(async () => undefined)).toBeUndefined();
    expect(circuit.state).toBe("closed");
  });

  test.each([undefined, null, 0, "", "text"])(
    "pitfall 17: gives a rejection with %o as it is, and counts it",
    async (reason) => {
      const circuit = new CircuitBreaker({ failures: 1, openMs: 100 });
      const outcome = await circuit
        .run(() => Promise.reject(reason))
        .then(
          () => "resolved",
          (error: unknown) => [error],
        );
      expect(outcome).toEqual([reason]);
      expect(circuit.state).toBe("open");
    },
  );

  test("pitfall 18: counts what throws at once", async () => {
    const circuit = new CircuitBreaker({ failures: 1, openMs: 100 });
    const call = circuit.run(() => {
      throw new RangeError("sync");
    });
    await expect(call).rejects.toThrow(RangeError);
    expect(circuit.state).toBe("open");
  });

  test("opens after so many failures in a row", async () => {
    const circuit = new CircuitBreaker({ failures: 3, openMs: 100 });
    await fail(circuit, 2);
    await succeed(circuit);
    await fail(circuit, 2);
    expect(circuit.state).toBe("closed");
    expect(circuit.stats()).toMatchObject({ successes: 0, failures: 2 });
    await fail(circuit);
    expect(circuit.state).toBe("open");
  });

  test("has counted a call before its caller hears of it", async () => {
    const circuit = new CircuitBreaker({ failures: 1, openMs: 100 });
    const state = await circuit
      .run(() => Promise.reject(new Error("no")))
      .catch(() => circuit.state);
    expect(state).toBe("open");
  });

  test("does not count errors that are no failures, which end a row of them", async () => {
    const circuit = new CircuitBreaker({
      failures: 2,
      openMs: 100,
      isFailure: (error) => (error as Error).message !== "not found",
    });
    await fail(circuit, 1);
    await fail(circuit, 1, new Error("not found"));
    await fail(circuit, 1);
    expect(circuit.state).toBe("closed");
    await fail(circuit, 1);
    expect(circuit.state).toBe("open");
  });

  test("counts an error when isFailure throws, which is reported", async () => {
    const circuit = new CircuitBreaker({
      failures: 1,
      openMs: 100,
      isFailure: () => {
        throw new Error("broken");
      },
    });
    const error = new Error("no");
    const reports = await reportsDuring(async () => {
      await expect(circuit.run(() => Promise.reject(error))).rejects.toBe(error);
    });
    expect(reports).toEqual(["isFailure threw: Error: broken"]);
    expect(circuit.state).toBe("open");
  });
});

describe("a cancelled call", () => {
  test("does not count, by its signal, the scope around, or itself", async () => {
    await withVirtualClock(async () => {
      const circuit = new CircuitBreaker({ failures: 1, openMs: 100 });
      const controller = new AbortController();
      const bySignal = circuit
        .run((scope) => sleep(50, at(scope)), { signal: controller.signal })
        .catch((error: unknown) => error);
      const byTimeout = timeout(10, (around) =>
        circuit.run((scope) => sleep(50, at(scope)), at(around)),
      ).catch(() => "timed out");
      const byItself = circuit
        .run((scope) => {
          scope.cancel("itself");
          scope.throwIfCancelled();
        })
        .catch(() => "itself");
      await sleep(10);
      controller.abort("enough");
      expect(await Promise.all([bySignal, byTimeout, byItself])).toEqual([
        "enough",
        "timed out",
        "itself",
      ]);
      expect(circuit.stats()).toMatchObject({ state: "closed", successes: 0, failures: 0 });
    });
  });

  test("counts when it fails in spite of that", async () => {
    const circuit = new CircuitBreaker({ failures: 1, openMs: 100 });
    const call = circuit.run((scope) => {
      scope.cancel("enough");
      throw new Error("broken cleanup");
    });
    await expect(call).rejects.toThrow("broken cleanup");
    expect(circuit.state).toBe("open");
  });

  test("a timeout within the call counts, and an AbortError of somebody else", async () => {
    await withVirtualClock(async () => {
      const circuit = new CircuitBreaker({ failures: 2, openMs: 100 });
      const call = circuit.run((scope) => timeout(10, (inner) => sleep(50, at(inner)), at(scope)));
      await expect(call).rejects.toThrow("timed out");
      await fail(circuit, 1, new DOMException("theirs", "AbortError"));
      expect(circuit.state).toBe("open");
    });
  });

  test("whose signal has aborted before calls nothing, and counts nowhere", async () => {
    const circuit = new CircuitBreaker({ failures: 1, openMs: 100 });
    let called = false;
    const call = circuit.run(
      () => {
        called = true;
      },
      { signal: AbortSignal.abort("before") },
    );
    await expect(call).rejects.toBe("before");
    expect(called).toBe(false);
    expect(circuit.stats()).toMatchObject({ successes: 0, rejected: 0 });
  });
});

describe("an open circuit", () => {
  test("refuses calls with how long it stays so", async () => {
    await withVirtualClock(async () => {
      const circuit = new CircuitBreaker({ failures: 1, openMs: 100, name: "billing" });
      await fail(circuit);
      await sleep(30);
      let called = false;
      const error: unknown = await circuit
        .run(() => {
          called = true;
        })
        .catch((thrown: unknown) => thrown);
      expect(called).toBe(false);
      expect(error).toBeInstanceOf(CircuitOpenError);
      expect(error).toMatchObject({
        name: "CircuitOpenError",
        message: 'Circuit "billing" is open for another 70 ms',
        retryAfterMs: 70,
        breakerName: "billing",
      });
      expect(circuit.stats()).toEqual({
        state: "open",
        successes: 0,
        failures: 0,
        probing: 0,
        rejected: 1,
      });
      expect(Object.isFrozen(circuit.stats())).toBe(true);
    });
  });

  test("for ever stays so until it is reset", async () => {
    await withVirtualClock(async () => {
      const circuit = new CircuitBreaker({ failures: 1, openMs: Infinity });
      await fail(circuit);
      await sleep(1e12);
      expect(circuit.state).toBe("open");
      await expect(circuit.run(() => 1)).rejects.toMatchObject({ retryAfterMs: Infinity });
      circuit.reset();
      expect(await circuit.run(() => 1)).toBe(1);
    });
  });

  test("pitfall 5: for 2^31 ms stays so that long", async () => {
    await withVirtualClock(async () => {
      const circuit = new CircuitBreaker({ failures: 1, openMs: 2 ** 31 });
      await fail(circuit);
      await sleep(2 ** 31 - 1);
      expect(circuit.state).toBe("open");
      await sleep(1);
      expect(circuit.state).toBe("half-open");
    });
  });

  test("of another clock, a test's, is one whose time is over", async () => {
    const circuit = new CircuitBreaker({ failures: 1, openMs: 1e9 });
    await withVirtualClock(() => fail(circuit));
    expect(await circuit.run(() => "through")).toBe("through");
  });

  test("does not count the calls that were begun before", async () => {
    await withVirtualClock(async () => {
      const changes: string[] = [];
      const circuit = new CircuitBreaker({
        failures: 1,
        openMs: 100,
        onStateChange: (state) => changes.push(state),
      });
      const slow = circuit.run(() => sleep(150).then(() => Promise.reject(new Error("late"))));
      const ended = slow.catch(() => {});
      await fail(circuit);
      await sleep(110);
      await succeed(circuit);
      await ended;
      expect(circuit.stats()).toMatchObject({ state: "closed", failures: 0 });
      expect(changes).toEqual(["open", "half-open", "closed"]);
    });
  });
});

describe("trip() and reset()", () => {
  test("open and close it by hand; trip() begins the time anew", async () => {
    await withVirtualClock(async () => {
      const circuit = new CircuitBreaker({ failures: 5, openMs: 100 });
      circuit.trip();
      await sleep(60);
      circuit.trip();
      await sleep(60);
      expect(circuit.state).toBe("open");
      await sleep(40);
      expect(circuit.state).toBe("half-open");
      circuit.reset();
      expect(circuit.state).toBe("closed");
    });
  });

  test("reset() forgets what has failed", async () => {
    const circuit = new CircuitBreaker({ failures: 2, openMs: 100 });
    await fail(circuit);
    circuit.reset();
    await fail(circuit);
    expect(circuit.state).toBe("closed");
  });
});

describe("onStateChange", () => {
  test("is told of each change once, after it", async () => {
    await withVirtualClock(async () => {
      const told: unknown[] = [];
      const circuit: CircuitBreaker = new CircuitBreaker({
        failures: 1,
        openMs: 100,
        onStateChange: (state, previous) => told.push([state, previous, circuit.state]),
      });
      circuit.reset();
      await fail(circuit);
      circuit.trip();
      await sleep(100);
      expect(told).toEqual([["open", "closed", "open"]]);
      await fail(circuit);
      await sleep(100);
      await succeed(circuit);
      expect(told.slice(1)).toEqual([
        ["half-open", "open", "half-open"],
        ["open", "half-open", "open"],
        ["half-open", "open", "half-open"],
        ["closed", "half-open", "closed"],
      ]);
    });
  });

  test("that throws is reported, and breaks nothing", async () => {
    const circuit = new CircuitBreaker({
      failures: 1,
      openMs: 100,
      onStateChange: () => {
        throw new Error("broken");
      },
    });
    const reports = await reportsDuring(() => fail(circuit));
    expect(reports).toEqual(["onStateChange threw: Error: broken"]);
    expect(circuit.state).toBe("open");
  });

  test("may change the state again", async () => {
    await withVirtualClock(async () => {
      const circuit: CircuitBreaker = new CircuitBreaker({
        failures: 1,
        openMs: 100,
        onStateChange: (state) => {
          if (state === "half-open") circuit.trip();
        },
      });
      await fail(circuit);
      await sleep(100);
      await expect(circuit.run(() => 1)).rejects.toMatchObject({ retryAfterMs: 100 });
      expect(circuit.state).toBe("open");
    });
  });
});

test("tells its figures to people", async () => {
  const circuit = new CircuitBreaker({ failures: 3, openMs: 100, name: "api" });
  await fail(circuit);
  expect(String(circuit)).toBe(
    'CircuitBreaker "api" { state: closed, successes: 0, failures: 1, probing: 0, rejected: 0 }',
  );
});

test("does not follow changes of the options it was given", async () => {
  const options = { failures: 1, openMs: 1e9, probes: 1 };
  const circuit = new CircuitBreaker(options);
  options.openMs = 0;
  await fail(circuit);
  expect(circuit.state).toBe("open");
});

describe("misuse", () => {
  const openMs = 100;
  test.each<[unknown, typeof TypeError | typeof RangeError]>([
    [undefined, TypeError],
    [null, TypeError],
    [{ failures: 1 }, TypeError],
    [{ failures: 1, openMs: Number.NaN }, RangeError],
    [{ openMs }, TypeError],
    [{ openMs, failures: 0 }, RangeError],
    [{ openMs, failures: 1, ratio: 0.5 }, TypeError],
    [{ openMs, ratio: 0.5, minimum: 1 }, TypeError],
    [{ openMs, ratio: 0.5, minimum: 1, count: 2, windowMs: 2 }, TypeError],
    [{ openMs, ratio: 0.5, count: 2 }, TypeError],
    [{ openMs, ratio: 0, minimum: 1, count: 2 }, RangeError],
    [{ openMs, ratio: 1.1, minimum: 1, count: 2 }, RangeError],
    [{ openMs, ratio: "1", minimum: 1, count: 2 }, TypeError],
    [{ openMs, ratio: 0.5, minimum: 3, count: 2 }, RangeError],
    [{ openMs, ratio: 0.5, minimum: 1, count: 0 }, RangeError],
    [{ openMs, ratio: 0.5, minimum: 1, windowMs: 0 }, RangeError],
    [{ openMs, ratio: 0.5, minimum: 1, windowMs: Infinity }, RangeError],
    [{ openMs, ratio: 0.5, minimum: 1, count: Infinity }, RangeError],
    [{ openMs, failures: 1, windowMs: 10 }, TypeError],
    [{ openMs, failures: 1, count: 10 }, TypeError],
    [{ openMs, failures: 1, minimum: 10 }, TypeError],
    [{ openMs, failures: 1, probes: 0 }, RangeError],
    // It could never close again.
    [{ openMs, failures: 1, probes: Infinity }, RangeError],
    [{ openMs, failures: 1, isFailure: 1 }, TypeError],
    [{ openMs, failures: 1, onStateChange: 1 }, TypeError],
    [{ openMs, failures: 1, name: 1 }, TypeError],
  ])("the constructor refuses %o", (options, kind) => {
    expect(() => new CircuitBreaker(options as never)).toThrow(kind);
    expect(() => new CircuitBreaker(options as never)).toThrow(
      /^Cannot create a circuit breaker: /,
    );
  });

  test("run() refuses with a rejection, and counts nothing", async () => {
    const circuit = new CircuitBreaker({ failures: 1, openMs });
    await expect(circuit.run(undefined as never)).rejects.toThrow(TypeError);
    await expect(circuit.run(() => 1, 5 as never)).rejects.toThrow(TypeError);
    await expect(circuit.run(() => 1, { signal: {} as never })).rejects.toThrow(TypeError);
    expect(circuit.stats()).toMatchObject({ state: "closed", successes: 0, failures: 0 });
  });
});
