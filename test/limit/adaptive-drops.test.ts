// What counts as a drop, what as a sample, and what as neither.
import { describe, expect, test } from "vitest";
import {
  AdaptiveLimit,
  type AdaptiveSample,
  CancelScope,
  sleep,
  timeout,
  TimeoutError,
} from "corral";
import { withVirtualClock } from "corral/testing";
import { deferred } from "../support/deferred.ts";
import { at } from "../support/mode.ts";
import { reportsDuring } from "../support/reports.ts";

function watched(isDrop?: (error: unknown) => boolean): {
  limit: AdaptiveLimit;
  seen: [rttMs: number, dropped: boolean][];
} {
  const seen: [number, boolean][] = [];
  const update = ({ rttMs, dropped, limit }: AdaptiveSample): number => {
    seen.push([rttMs, dropped]);
    return limit;
  };
  return { limit: new AdaptiveLimit({ algorithm: { update }, isDrop }), seen };
}

function failing(error: unknown): () => Promise<never> {
  return () => Promise.reject(error);
}

const unreadable = new Proxy(
  {},
  {
    get: () => {
      throw new Error("no");
    },
  },
);

describe("by default", () => {
  test.each([
    ["our TimeoutError", new TimeoutError(0)],
    ["a TimeoutError of the platform", new DOMException("late", "TimeoutError")],
    ["status 429", { status: 429 }],
    ["status 503", Object.assign(new Error("busy"), { status: 503 })],
    ["statusCode 504", { statusCode: 504 }],
    ["response.status 503", { response: { status: 503 } }],
  ])("%s is a drop", async (_, error) => {
    const { limit, seen } = watched();
    await expect(limit.run(failing(error))).rejects.toBe(error);
    expect(seen.map(([, dropped]) => dropped)).toEqual([true]);
    expect(limit.stats()).toMatchObject({ samples: 1, dropped: 1, lagging: 0 });
  });

  test.each([
    ["an error", new Error("no")],
    ["status 500", { status: 500 }],
    ["a text as status", { status: "503" }],
    ["undefined", undefined],
    ["null", null],
    ["zero", 0],
    ["response null", { response: null }],
    ["what cannot be read", unreadable],
  ])("%s is no sample at all", async (_, error) => {
    const { limit, seen } = watched();
    const [caught] = await limit.run(failing(error)).catch((reason: unknown) => [reason]);
    expect(Object.is(caught, error)).toBe(true);
    expect(seen).toEqual([]);
    expect(limit.stats()).toMatchObject({ samples: 0, dropped: 0 });
  });

  test("a timeout in the call is a drop, with the time that the call ran", () =>
    withVirtualClock(async () => {
      const { limit, seen } = watched();
      const call = limit.run(() => timeout(50, (scope) => sleep(1_000, at(scope))));
      await expect(call).rejects.toBeInstanceOf(TimeoutError);
      expect(seen).toEqual([[50, true]]);
    }));
});

describe("isDrop", () => {
  test("decides alone", async () => {
    const { limit, seen } = watched((error) => error === "mine");
    for (const error of ["mine", "other", { status: 503 }]) {
      await limit.run(failing(error)).catch(() => {});
    }
    expect(seen.map(([, dropped]) => dropped)).toEqual([true]);
  });

  test("that throws is reported, and the call is no sample; it rejects with its own error", async () => {
    const { limit, seen } = watched(() => {
      throw new Error("bug");
    });
    const reports = await reportsDuring(async () => {
      await expect(limit.run(failing("own"))).rejects.toBe("own");
    });
    expect(reports).toEqual(["isDrop threw: Error: bug"]);
    expect(seen).toEqual([]);
    expect(limit.active).toBe(0);
  });

  test("is not asked about a cancellation, nor about a value", async () => {
    const asked: unknown[] = [];
    const { limit } = watched((error) => asked.push(error) > 0);
    await limit.run(() => new Error("a value"));
    const scope = new CancelScope();
    const call = scope.run(() => limit.run(() => sleep(1_000, at(scope)), at(scope)));
    scope.cancel("over");
    await expect(call).rejects.toMatchObject({ reason: "over" });
    expect(asked).toEqual([]);
  });
});

describe("a call that its caller cancels is no sample", () => {
  test("also by a timeout around it, which includes the wait in line", () =>
    withVirtualClock(async () => {
      const { limit, seen } = watched();
      const call = timeout(50, (scope) => limit.run(() => sleep(1_000, at(scope)), at(scope)));
      await expect(call).rejects.toBeInstanceOf(TimeoutError);
      expect(seen).toEqual([]);
    }));

  test("whether it rejects with the signal's reason or an AbortError of its own", async () => {
    for (const rejected of [(signal: AbortSignal) => signal.reason, abortError]) {
      const { limit, seen } = watched(() => true);
      const { signal, abort } = controller();
      const call = limit.run(
        () =>
          new Promise((_, reject) => {
            signal.addEventListener("abort", () => reject(rejected(signal)));
          }),
        { signal },
      );
      abort();
      await expect(call).rejects.toBeDefined();
      expect(seen).toEqual([]);
    }
  });

  test("also by a signal, in a scope that goes on", async () => {
    const { limit, seen } = watched(() => true);
    const { signal, abort } = controller();
    const call = new CancelScope().run(() =>
      limit.run(
        async () => {
          abort();
          throw signal.reason;
        },
        { signal },
      ),
    );
    await expect(call).rejects.toBe("reason");
    expect(seen).toEqual([]);
  });

  test("but one that succeeds in spite of that is", () =>
    withVirtualClock(async () => {
      const { limit, seen } = watched();
      const scope = new CancelScope();
      const call = scope.run(() => limit.run(() => stubborn(), at(scope)));
      scope.cancel();
      await call.catch(() => {});
      await limit.onIdle();
      expect(seen).toEqual([[30, false]]);
    }));

  test("and one that is overloaded is a drop though a signal of others has aborted", async () => {
    const { limit, seen } = watched();
    const { signal, abort } = controller();
    const call = limit.run(
      async () => {
        abort();
        throw new TimeoutError(0);
      },
      { signal },
    );
    await expect(call).rejects.toBeInstanceOf(TimeoutError);
    expect(seen.map(([, dropped]) => dropped)).toEqual([true]);
  });

  test("and one that leaves the line never began", async () => {
    const limit = new AdaptiveLimit({ initial: 1 });
    const { signal, abort } = controller();
    const gate = deferred();
    const first = limit.run(() => gate.promise);
    const second = limit.run(() => "never", { signal });
    abort();
    await expect(second).rejects.toBe(signal.reason);
    gate.resolve();
    await first;
    expect(limit.stats()).toMatchObject({ samples: 1, active: 0, pending: 0 });
  });
});

test("a call that began on another clock is no sample", async () => {
  const { limit, seen } = watched();
  const gate = deferred();
  const call = limit.run(() => gate.promise);
  await withVirtualClock(async () => {
    gate.resolve();
    await call;
  });
  expect(seen).toEqual([]);
  await limit.run(() => {});
  expect(seen).toHaveLength(1);
});

function controller(): { signal: AbortSignal; abort: () => void } {
  const it = new AbortController();
  return { signal: it.signal, abort: () => it.abort("reason") };
}

function abortError(): Error {
  return new DOMException("aborted", "AbortError");
}

/** Work that no cancellation reaches. */
function stubborn(): Promise<void> {
  return new CancelScope({ shield: true }).run((scope) => sleep(30, at(scope)));
}
