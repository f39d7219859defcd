import { describe, expect, test } from "vitest";
import {
  type CancelScope,
  moveOnAfter,
  now,
  shield,
  sleep,
  taskGroup,
  timeout,
  timeoutAt,
  TimeoutError,
} from "corral";
import { withVirtualClock } from "corral/testing";
import { at } from "../support/mode.ts";

describe("timeout()", () => {
  test("gives the value of what ends in time", () =>
    withVirtualClock(async () => {
      await expect(
        timeout(10, async (scope) => {
          await sleep(9, at(scope));
          return "value";
        }),
      ).resolves.toBe("value");
    }));

  test("rejects with a TimeoutError that says which and how long", () =>
    withVirtualClock(async () => {
      await sleep(100);
      const call = timeout(10, (scope) => sleep(20, at(scope)), { name: "load" });
      await expect(call).rejects.toMatchObject({
        name: "TimeoutError",
        deadline: 110,
        scopeName: "load",
        message: '"load" timed out after 10 ms',
      });
      expect(now()).toBe(110);
    }));

  test("waits for its function, cleanup included", () =>
    withVirtualClock(async () => {
      let cleaned = 0;
      const call = timeout(10, async (scope) => {
        try {
          await sleep(Infinity, at(scope));
        } finally {
          await shield((cleanup) => sleep(5, at(cleanup)), { timeoutMs: 100 });
          cleaned = now();
        }
      });
      await expect(call).rejects.toBeInstanceOf(TimeoutError);
      expect(cleaned).toBe(15);
    }));

  test("returns a value that its function returns in spite of it", () =>
    withVirtualClock(async () => {
      await expect(
        timeout(10, async (scope) => {
          await sleep(20, at(scope)).catch(() => {});
          return "late";
        }),
      ).resolves.toBe("late");
    }));

  test("is beaten by a foreign error", () =>
    withVirtualClock(async () => {
      const failure = new Error("failed");
      await expect(
        timeout(10, async (scope) => {
          await sleep(20, at(scope)).catch(() => {
            throw failure;
          });
        }),
      ).rejects.toBe(failure);
    }));

  test("of 0 and less interrupts the first wait, and calls its function", () =>
    withVirtualClock(async () => {
      for (const ms of [0, -5, -Infinity]) {
        let called = false;
        await expect(
          timeout(ms, async (scope) => {
            called = true;
            await sleep(0, at(scope));
          }),
        ).rejects.toBeInstanceOf(TimeoutError);
        expect(called).toBe(true);
      }
      await expect(timeout(0, () => "no wait")).resolves.toBe("no wait");
      expect(now()).toBe(0);
    }));

  test("of Infinity sets no limit", () =>
    withVirtualClock(async () => {
      await timeout(Infinity, (scope) => sleep(1e12, at(scope)));
      expect(now()).toBe(1e12);
    }));

  test("rejects with the raw reason of its signal, not with a timeout", () =>
    withVirtualClock(async () => {
      const controller = new AbortController();
      const raw = { raw: true };
      const call = timeout(10, (scope) => sleep(Infinity, at(scope)), {
        signal: controller.signal,
      });
      controller.abort(raw);
      await expect(call).rejects.toBe(raw);
    }));

  test("rejects with the raw reason also when its time was over first", () =>
    withVirtualClock(async (clock) => {
      const controller = new AbortController();
      const call = timeout(
        10,
        async (scope) => {
          try {
            await sleep(Infinity, at(scope));
          } finally {
            controller.abort("raw");
          }
        },
        { signal: controller.signal },
      );
      const outcome = expect(call).rejects.toBe("raw");
      await clock.advance(10);
      await outcome;
    }));
});

/** Runs them, and says which of them rejected with its own TimeoutError. */
async function owner(outerMs: number, innerMs: number): Promise<string> {
  const who: string[] = [];
  await timeout(
    outerMs,
    async (outer) => {
      await timeout(innerMs, (inner) => sleep(Infinity, at(inner)), {
        ...at(outer),
        name: "inner",
      }).catch((error: unknown) => {
        who.push(error instanceof TimeoutError ? `${error.scopeName}'s` : "a cancellation");
        throw error;
      });
    },
    { name: "outer" },
  ).catch((error: unknown) => {
    who.push(error instanceof TimeoutError ? `${error.scopeName}'s` : "a cancellation");
  });
  return who.join(", then ");
}

describe("of two timeouts, one in the other", () => {
  test("the inner one is an ordinary error to the outer one", () =>
    withVirtualClock(async () => {
      await expect(owner(20, 10)).resolves.toBe("inner's, then inner's");
    }));

  test("the outer one passes the inner one as a cancellation", () =>
    withVirtualClock(async () => {
      await expect(owner(10, 20)).resolves.toBe("a cancellation, then outer's");
    }));

  test.each([0, 10])("both over at once (%i ms): the outer one owns it", (ms) =>
    withVirtualClock(async () => {
      await expect(owner(ms, ms)).resolves.toBe("a cancellation, then outer's");
    }),
  );

  test("both over at once, the inner one's timer first: the outer one owns it", () =>
    withVirtualClock(async () => {
      const call = timeout(
        100,
        (outer) =>
          timeout(
            10,
            (inner) => {
              outer.deadline = 10;
              return sleep(Infinity, at(inner));
            },
            { ...at(outer), name: "inner" },
          ),
        { name: "outer" },
      );
      await expect(call).rejects.toMatchObject({ scopeName: "outer" });
    }));

  test("the outer one over while the inner one's work cleans up owns it", () =>
    withVirtualClock(async () => {
      const call = timeout(
        20,
        (outer) =>
          timeout(
            10,
            async (inner) => {
              try {
                await sleep(Infinity, at(inner));
              } finally {
                await shield((cleanup) => sleep(15, at(cleanup)), { timeoutMs: 100 });
              }
            },
            { ...at(outer), name: "inner" },
          ),
        { name: "outer" },
      );
      await expect(call).rejects.toMatchObject({ scopeName: "outer" });
    }));

  test("five of them over at once: the outermost owns it", () =>
    withVirtualClock(async () => {
      const nest = (depth: number, around: object): Promise<void> =>
        timeout(
          10,
          (scope) => (depth === 0 ? sleep(Infinity, at(scope)) : nest(depth - 1, at(scope))),
          { ...around, name: `level ${depth}` },
        );
      await expect(nest(4, {})).rejects.toMatchObject({ scopeName: "level 4" });
    }));
});

describe("timeoutAt()", () => {
  test("takes the deadline on the clock of now()", () =>
    withVirtualClock(async () => {
      await sleep(50);
      await expect(timeoutAt(60, (scope) => sleep(Infinity, at(scope)))).rejects.toMatchObject({
        deadline: 60,
      });
      expect(now()).toBe(60);
    }));

  test("of a moment that has passed interrupts the first wait", () =>
    withVirtualClock(async () => {
      await sleep(50);
      await expect(timeoutAt(10, (scope) => sleep(1, at(scope)))).rejects.toBeInstanceOf(
        TimeoutError,
      );
      expect(now()).toBe(50);
    }));
});

async function load(scope: CancelScope): Promise<string> {
  await sleep(10, at(scope));
  return "value";
}

describe("moveOnAfter()", () => {
  test("gives the value in time, undefined or the fallback after it", () =>
    withVirtualClock(async () => {
      await expect(moveOnAfter(20, load)).resolves.toBe("value");
      await expect(moveOnAfter(5, load)).resolves.toBeUndefined();
      await expect(moveOnAfter(5, load, { fallback: () => "fallback" })).resolves.toBe("fallback");
      await expect(
        moveOnAfter(5, load, { fallback: () => Promise.resolve("promised") }),
      ).resolves.toBe("promised");
    }));

  test("absorbs its own expiry and nothing else", () =>
    withVirtualClock(async () => {
      const failure = new Error("failed");
      await expect(moveOnAfter(5, () => Promise.reject(failure))).rejects.toBe(failure);
      await expect(
        moveOnAfter(5, (scope) => timeout(1, (inner) => sleep(Infinity, at(inner)), at(scope))),
      ).rejects.toBeInstanceOf(TimeoutError);
      const controller = new AbortController();
      const call = moveOnAfter(5, (scope) => sleep(Infinity, at(scope)), {
        signal: controller.signal,
        fallback: () => "fallback",
      });
      controller.abort("raw");
      await expect(call).rejects.toBe("raw");
      await expect(
        moveOnAfter(5, (scope) => {
          scope.cancel("explicitly");
          return sleep(0, at(scope));
        }),
      ).rejects.toMatchObject({ reason: "explicitly" });
    }));

  test("does not absorb an outer timeout that is over at the same time", () =>
    withVirtualClock(async () => {
      await expect(
        timeout(5, (outer) => moveOnAfter(5, (scope) => sleep(Infinity, at(scope)), at(outer)), {
          name: "outer",
        }),
      ).rejects.toMatchObject({ scopeName: "outer" });
    }));

  test("passes an error of the fallback", () =>
    withVirtualClock(async () => {
      const failure = new Error("fallback failed");
      await expect(
        moveOnAfter(5, (scope) => sleep(Infinity, at(scope)), {
          fallback: () => {
            throw failure;
          },
        }),
      ).rejects.toBe(failure);
    }));
});

test("a group's own timeout is a TimeoutError, and not that of its children's scopes", () =>
  withVirtualClock(async () => {
    const group = taskGroup(
      async (it) => {
        it.spawn((task) => sleep(Infinity, at(task.scope)));
        await sleep(Infinity, at(it.scope));
      },
      { timeoutMs: 5, name: "jobs" },
    );
    await expect(group).rejects.toMatchObject({ name: "TimeoutError", scopeName: "jobs" });
  }));

function fn(): number {
  return 0;
}

describe("misuse", () => {
  const cases: [string, () => Promise<unknown>, typeof TypeError | typeof RangeError, RegExp][] = [
    ["timeout(NaN)", () => timeout(Number.NaN, fn), RangeError, /"ms" .* received NaN/],
    ["timeout('5')", () => timeout("5" as never, fn), TypeError, /"ms" .* received "5"/],
    ["timeout(undefined)", () => timeout(undefined as never, fn), TypeError, /received undefined/],
    [
      "timeout(5, promise)",
      () => timeout(5, Promise.resolve() as never),
      TypeError,
      /has already started/,
    ],
    [
      "timeout(5, fn, 5)",
      () => timeout(5, fn, 5 as never),
      TypeError,
      /"options" must be an object/,
    ],
    [
      "timeout(5, fn, { signal: {} })",
      () => timeout(5, fn, { signal: {} as never }),
      TypeError,
      /"signal" must be an AbortSignal, received an object/,
    ],
    ["timeoutAt(NaN)", () => timeoutAt(Number.NaN, fn), RangeError, /"deadline" .* received NaN/],
    ["moveOnAfter(NaN)", () => moveOnAfter(Number.NaN, fn), RangeError, /"ms" .* received NaN/],
    [
      "moveOnAfter(5, fn, { fallback: 5 })",
      () => moveOnAfter(5, fn, { fallback: 5 as never }),
      TypeError,
      /"fallback" must be a function, received 5/,
    ],
  ];
  test.each(cases)("%s rejects", async (_, call, type, message) => {
    await expect(call()).rejects.toBeInstanceOf(type);
    await expect(call()).rejects.toThrow(message);
    await expect(call()).rejects.toThrow(/^Cannot [a-z ]+: "/);
  });
});

test("what is no timeout, no function and no object is refused, and nothing is called", async () => {
  const refused: [string, Promise<unknown>][] = [
    ["Cannot set a timeout", timeout("1" as never, () => expect.fail())],
    ["Cannot set a timeout", timeout(1, "fn" as never)],
    ["Cannot set a timeout", timeout(1, () => expect.fail(), 1 as never)],
    ["Cannot set a timeout", timeoutAt("1" as never, () => expect.fail())],
    ["Cannot set a timeout", timeoutAt(1, "fn" as never)],
    ["Cannot set a timeout", timeoutAt(1, () => expect.fail(), 1 as never)],
    ["Cannot move on", moveOnAfter("1" as never, () => expect.fail())],
    ["Cannot move on", moveOnAfter(1, "fn" as never)],
    ["Cannot move on", moveOnAfter(1, () => expect.fail(), 1 as never)],
    ["Cannot move on", moveOnAfter(1, () => expect.fail(), { fallback: 1 as never })],
  ];
  for (const [message, call] of refused) {
    const error: unknown = await call.catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(TypeError);
    expect(String(error)).toContain(message);
  }
});

describe("moveOnAfter() passes on", () => {
  test("another error, also when its time is over", () =>
    withVirtualClock(async () => {
      const error = new Error("cleanup failed");
      const call = moveOnAfter(10, async (scope) => {
        await sleep(Infinity, at(scope)).catch(() => {});
        throw error;
      });
      await expect(call).rejects.toBe(error);
    }));

  test("a rejection with nothing", async () => {
    const call = moveOnAfter(60_000, () => Promise.reject(undefined as never), {
      fallback: () => expect.fail("absorbed"),
    });
    expect(await call.catch((error: unknown) => [error])).toEqual([undefined]);
  });
});
