import { CancelledError, main, sleep } from "corral";
import { afterEach, beforeEach, expect, vi } from "vitest";
import { at } from "../support/mode.ts";
import { behaviour } from "./behaviour.ts";

const area = "runner";
const events = ["SIGINT", "SIGTERM", "beforeExit"];
const listening = (): number[] => events.map((event) => process.listenerCount(event));

beforeEach(() => {
  process.exitCode = 0;
});

afterEach(() => {
  process.exitCode = 0;
  vi.useRealTimers();
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
});

behaviour(
  {
    area,
    id: "test_interrupt_call_soon",
    says: "an interrupt stops a program that only ever yields",
    verdict: "holds",
    because: "It shows in the exit code, 130.",
  },
  async () => {
    const before = listening();
    let seen: unknown;
    const program = main(async (scope) => {
      for (let turn = 0; ; turn++) {
        if (turn === 3) process.emit("SIGINT");
        try {
          await sleep(0, at(scope));
        } catch (error) {
          seen = error;
          throw error;
        }
      }
    });
    await expect(program).resolves.toBeUndefined();
    expect(seen).toBeInstanceOf(CancelledError);
    expect(process.exitCode).toBe(130);
    expect(listening()).toEqual(before);
  },
);

behaviour(
  {
    area,
    id: "test_interrupt_wait",
    says: "an interrupt stops a program that waits for something that never comes",
    verdict: "holds",
    because: "It shows in the exit code, 130; the cancellation's reason is the name of the signal.",
  },
  async () => {
    const before = listening();
    let seen: unknown;
    const program = main((scope) =>
      sleep(Infinity, at(scope)).catch((error: unknown) => {
        seen = error;
        throw error;
      }),
    );
    expect(listening()).toEqual(before.map((count) => count + 1));
    process.emit("SIGINT");
    await expect(program).resolves.toBeUndefined();
    expect(seen).toBeInstanceOf(CancelledError);
    expect(seen).toMatchObject({ reason: "SIGINT" });
    expect(process.exitCode).toBe(130);
    expect(listening()).toEqual(before);
  },
);

behaviour(
  {
    area,
    id: "Runner: the first interrupt gives time to clean up",
    says: "after the first interrupt the program may clean up, however long it takes",
    verdict: "differs",
    because:
      "It has graceMs for it, 10 s by default; then it exits, and what is left behind is printed.",
  },
  async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    const printed = vi.spyOn(console, "error").mockReturnValue();
    vi.spyOn(console, "warn").mockReturnValue();
    const exit = vi.spyOn(process, "exit").mockReturnValue(undefined as never);
    let leave: (() => void) | undefined;
    const stubborn = new Promise<void>((resolve) => (leave = resolve));
    const program = main(() => stubborn, { graceMs: 5_000 });
    process.emit("SIGTERM");
    await vi.advanceTimersByTimeAsync(4_999);
    expect(exit).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(1);
    expect(exit.mock.calls).toEqual([[143]]);
    expect(printed.mock.calls.flat().join("\n")).toContain('scope "main"');
    leave!();
    await program;
    expect(vi.getTimerCount()).toBe(0);
  },
);

behaviour(
  {
    area,
    id: "Runner: the second interrupt",
    says: "a second interrupt ends the program at once",
    verdict: "holds",
    because: "The process exits, and what is left behind is printed as a tree.",
  },
  async () => {
    const printed = vi.spyOn(console, "error").mockReturnValue();
    const exit = vi.spyOn(process, "exit").mockReturnValue(undefined as never);
    let leave: (() => void) | undefined;
    const stubborn = new Promise<void>((resolve) => (leave = resolve));
    const program = main(() => stubborn);
    process.emit("SIGINT");
    expect(exit).not.toHaveBeenCalled();
    process.emit("SIGINT");
    expect(exit.mock.calls).toEqual([[130]]);
    expect(printed.mock.calls.flat().join("\n")).toContain('scope "main" (cancelled)');
    leave!();
    await program;
  },
);

behaviour(
  {
    area,
    id: "test_interrupt_cancelled_task",
    says: "an interrupt of a program that has cancelled itself already is not reported as one",
    verdict: "differs",
    because:
      "The exit code says that a signal came. A program that cancels itself with no signal has failed.",
  },
  async () => {
    const printed = vi.spyOn(console, "error").mockReturnValue();
    const interrupted = main(async (scope) => {
      scope.cancel("itself");
      process.emit("SIGINT");
      await sleep(10_000, at(scope));
    });
    await expect(interrupted).resolves.toBeUndefined();
    expect(process.exitCode).toBe(130);

    process.exitCode = 0;
    printed.mockClear();
    await main(async (scope) => {
      scope.cancel("itself");
      await sleep(10_000, at(scope));
    });
    expect(process.exitCode).toBe(1);
    expect(printed).toHaveBeenCalledWith(expect.objectContaining({ reason: "itself" }));
  },
);

behaviour(
  {
    area,
    id: "test_signal_install_not_supported_ok",
    says: "a program runs where signals are not supported",
    verdict: "holds",
  },
  async () => {
    const { process: real } = globalThis;
    vi.stubGlobal("process", undefined);
    const program = main((scope) => sleep(0, at(scope)).then(() => "done"));
    vi.stubGlobal("process", real);
    await expect(program).resolves.toBe("done");
  },
);
