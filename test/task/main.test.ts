import { afterEach, beforeEach, describe, expect, type MockInstance, test, vi } from "vitest";
import { CancelledError, CancelScope, main, shield, sleep, taskGroup } from "corral";
import { withVirtualClock } from "corral/testing";
import { ambientTest, at } from "../support/mode.ts";

const watched = ["SIGINT", "SIGTERM", "SIGHUP", "SIGUSR2", "beforeExit"];

function listeners(): number[] {
  return watched.map((event) => process.listenerCount(event));
}

let exit: MockInstance<typeof process.exit>;
let print: MockInstance<typeof console.error>;
let before: number[];

beforeEach(() => {
  // Not undefined: Bun does not take a code back.
  process.exitCode = 0;
  before = listeners();
  exit = vi.spyOn(process, "exit").mockImplementation((() => {}) as never);
  print = vi.spyOn(console, "error").mockImplementation(() => {});
});

afterEach(async () => {
  await end();
  vi.useRealTimers();
  vi.restoreAllMocks();
  process.exitCode = 0;
  expect(listeners()).toEqual(before);
});

/** All that was printed. */
function printed(): string {
  return print.mock.calls.flat().map(String).join("\n");
}

const ends: (() => void)[] = [];
const programs: Promise<unknown>[] = [];

/** Work that goes on until the end of the test, whatever happens to its scope. */
function stubborn(): Promise<void> {
  return new Promise<void>((resolve) => ends.push(resolve));
}

/** Starts a program that has ended by the next test. */
function start(...program: Parameters<typeof main<unknown>>): Promise<unknown> {
  const running = main(...program);
  programs.push(running);
  return running;
}

/** Lets all stubborn work end. */
async function end(): Promise<void> {
  for (const resolve of ends.splice(0)) resolve();
  await Promise.all(programs.splice(0));
}

describe("main()", () => {
  test("gives what the function returns, and leaves the exit code alone", async () => {
    expect(await main(() => "sync")).toBe("sync");
    expect(await main(async () => "async")).toBe("async");
    expect(process.exitCode).toBe(0);
    expect(exit).not.toHaveBeenCalled();
    expect(print).not.toHaveBeenCalled();
  });

  test("calls the function at once, with a scope of its own", async () => {
    let given: unknown;
    const running = main((scope) => {
      given = scope;
    });
    expect(given).toBeInstanceOf(CancelScope);
    await running;
  });

  ambientTest("makes that scope the current one (needs ambient scopes)", async () => {
    await main((scope) => expect(CancelScope.current).toBe(scope));
    expect(process.exitCode).toBe(0);
  });

  test("takes its listeners away at the end", async () => {
    const during = await main(() => listeners());
    expect(during).toEqual([before[0]! + 1, before[1]! + 1, before[2], before[3], before[4]! + 1]);
    expect(listeners()).toEqual(before);
  });

  test("never rejects: a failure is printed, and is exit code 1", async () => {
    const error = new Error("no");
    expect(await main(() => Promise.reject(error))).toBeUndefined();
    expect(process.exitCode).toBe(1);
    expect(print.mock.calls).toEqual([[error]]);
    expect(exit).not.toHaveBeenCalled();
  });

  test("takes a synchronous throw for a failure", async () => {
    const error = new Error("at once");
    expect(
      await main(() => {
        throw error;
      }),
    ).toBeUndefined();
    expect(process.exitCode).toBe(1);
    expect(print.mock.calls).toEqual([[error]]);
  });

  test("prints all failures", async () => {
    const first = new Error("first");
    const second = new Error("second");
    await main((scope) =>
      taskGroup((group) => {
        group.spawn(async (task) => {
          await sleep(1_000, at(task.scope)).catch(() => {});
          throw second;
        });
        group.spawn(() => Promise.reject(first));
      }, at(scope)),
    );
    expect(print.mock.calls).toEqual([[first], [second]]);
    expect(process.exitCode).toBe(1);
  });

  test("prints a falsy failure, too", async () => {
    await main(() => Promise.reject(undefined));
    expect(print.mock.calls).toEqual([[undefined]]);
    expect(process.exitCode).toBe(1);
  });

  test("has exit code 1 also when the failure cannot be printed, and prints its text", async () => {
    print.mockImplementationOnce(() => {
      throw new Error("unprintable");
    });
    expect(await main(() => Promise.reject(new Error("no")))).toBeUndefined();
    expect(process.exitCode).toBe(1);
    expect(print.mock.lastCall).toEqual(["Error: no"]);
  });

  test("has exit code 1 also when nothing can be printed at all", async () => {
    print.mockImplementation(() => {
      throw new Error("stderr is gone");
    });
    await main(() => Promise.reject(new Error("no"))).catch(() => {});
    expect(process.exitCode).toBe(1);
    expect(listeners()).toEqual(before);
  });

  test("takes a scope that was cancelled by the program itself for a failure", async () => {
    await main((scope) => {
      scope.cancel("own");
      return sleep(1, at(scope));
    });
    expect(process.exitCode).toBe(1);
    expect(print.mock.calls).toEqual([[expect.any(CancelledError)]]);
  });
});

describe("the first signal", () => {
  test.each([
    ["SIGINT", 130],
    ["SIGTERM", 143],
  ] as const)("%s cancels the scope with its name, and is exit code %i", async (signal, code) => {
    let reason: unknown;
    const running = main(async (scope) => {
      try {
        await sleep(60_000, at(scope));
      } catch (error) {
        reason = (error as CancelledError).reason;
        throw error;
      }
    });
    process.emit(signal);
    expect(await running).toBeUndefined();
    expect(reason).toBe(signal);
    expect(process.exitCode).toBe(code);
    expect(exit).not.toHaveBeenCalled();
    expect(print).not.toHaveBeenCalled();
  });

  test("lets the program clean up, and return a value", async () => {
    await withVirtualClock(async (clock) => {
      const running = main(async (scope) => {
        await sleep(60_000, at(scope)).catch(() => {});
        await shield((inner) => sleep(50, at(inner)), { timeoutMs: 100 });
        return `cleaned up at ${clock.now()}`;
      });
      process.emit("SIGINT");
      expect(await running).toBe("cleaned up at 50");
      expect(process.exitCode).toBe(130);
      expect(exit).not.toHaveBeenCalled();
    });
  });

  test("reaches the children of its groups", async () => {
    const log: string[] = [];
    const running = main((scope) =>
      taskGroup((group) => {
        group.spawn((task) => sleep(60_000, at(task.scope)).finally(() => log.push("child")));
      }, at(scope)),
    );
    process.emit("SIGTERM");
    await running;
    expect(log).toEqual(["child"]);
    expect(process.exitCode).toBe(143);
  });

  test("does not hide a failure of the cleanup: exit code 1", async () => {
    const error = new Error("cleanup");
    const running = main(async (scope) => {
      await sleep(60_000, at(scope)).catch(() => {});
      throw error;
    });
    process.emit("SIGINT");
    await running;
    expect(print.mock.calls).toEqual([[error]]);
    expect(process.exitCode).toBe(1);
  });

  test("is the first one, also when `signals` has its name twice", async () => {
    await withVirtualClock(async (clock) => {
      const running = main(
        async (scope) => {
          await sleep(60_000, at(scope)).catch(() => {});
          await shield((inner) => sleep(50, at(inner)), { timeoutMs: 100 });
          return `cleaned up at ${clock.now()}`;
        },
        { signals: ["SIGINT", "SIGINT"] },
      );
      expect(listeners()[0]).toBe(before[0]! + 1);
      process.emit("SIGINT");
      expect(exit).not.toHaveBeenCalled();
      expect(await running).toBe("cleaned up at 50");
      expect(process.exitCode).toBe(130);
    });
  });

  test("may be another, by `signals`", async () => {
    const running = main((scope) => sleep(60_000, at(scope)), { signals: ["SIGHUP"] });
    expect(listeners().slice(0, 3)).toEqual([before[0], before[1], before[2]! + 1]);
    process.emit("SIGHUP");
    await running;
    expect(process.exitCode).toBe(129);
  });

  test("may be none", async () => {
    const during = await main(() => listeners(), { signals: [] });
    expect(during!.slice(0, 4)).toEqual(before.slice(0, 4));
  });
});

describe("a program that does not end", () => {
  test("is left behind at the second signal, and what is left is printed as a tree", async () => {
    void start((scope) =>
      taskGroup((group) => {
        group.spawn(stubborn, { name: "stubborn" });
      }, at(scope)),
    );
    process.emit("SIGINT");
    expect(exit).not.toHaveBeenCalled();
    process.emit("SIGTERM");
    expect(exit.mock.calls).toEqual([[143]]);
    expect(printed()).toContain('"main"');
    expect(printed()).toContain('"stubborn"');
    await end();
  });

  test("is left behind when graceMs are over", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    void start(stubborn, { graceMs: 50 });
    process.emit("SIGTERM");
    vi.advanceTimersByTime(49);
    expect(exit).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1);
    expect(exit.mock.calls).toEqual([[143]]);
    expect(printed()).toContain("50 ms");
    expect(printed()).toContain('"main"');
    await end();
  });

  test("has 10 s by default", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    void start(stubborn);
    process.emit("SIGINT");
    vi.advanceTimersByTime(9_999);
    expect(exit).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1);
    expect(exit.mock.calls).toEqual([[130]]);
    await end();
  });

  test("has no bound with graceMs Infinity", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    void start(stubborn, { graceMs: Infinity });
    process.emit("SIGINT");
    vi.advanceTimersByTime(2 ** 32);
    expect(exit).not.toHaveBeenCalled();
    await end();
    expect(vi.getTimerCount()).toBe(0);
  });

  test("leaves no timer when it does end in time", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    const running = start((scope) => sleep(60_000, at(scope)));
    process.emit("SIGINT");
    await running;
    expect(vi.getTimerCount()).toBe(0);
  });

  test("and that nothing can wake ends with code 13, and the tree of its waits", async () => {
    void start((scope) => {
      ends.push(() => scope.cancel());
      return taskGroup((group) => {
        group.spawn((task) => sleep(Infinity, at(task.scope)), { name: "forgotten" });
      }, at(scope));
    });
    process.emit("beforeExit", 0);
    expect(exit.mock.calls).toEqual([[13]]);
    expect(printed()).toContain('"forgotten"');
    expect(printed()).toContain("waits for sleep");
  });
});

describe("main() refuses", () => {
  test("a second program while one runs, but not after it", async () => {
    void start(stubborn);
    const during = listeners();
    let called = false;
    await expect(
      main(() => {
        called = true;
      }),
    ).rejects.toThrow(TypeError);
    expect(called).toBe(false);
    expect(listeners()).toEqual(during);
    await end();
    expect(await main(() => "after")).toBe("after");
    await main(() => Promise.reject(new Error("no")));
    expect(await main(() => "after a failure")).toBe("after a failure");
  });

  test("what is no function", async () => {
    await expect(main(Promise.resolve() as never)).rejects.toThrow(/already started/);
  });

  test.each([
    [{ graceMs: NaN }, RangeError],
    [{ graceMs: "5" }, TypeError],
    [{ signals: "SIGINT" }, TypeError],
    [null, TypeError],
  ])("the options %o", async (options, kind) => {
    let called = false;
    const running = main(() => {
      called = true;
    }, options as never);
    await expect(running).rejects.toThrow(kind);
    expect(called).toBe(false);
  });
});
