// A cancellation and what is waited for, in the same moment: one of the two counts, and nothing is lost.
import { expect } from "vitest";
import { CancelScope, type WaitOptions } from "corral";
import { callersOf, contract, within } from "./contract.ts";
import type { Line, WaitingMethod } from "./line.ts";
import { settle } from "./settle.ts";

/** One who waits is woken, and cancelled some moment later; another waits behind. */
async function cancelledAfter(
  method: WaitingMethod,
  moment: () => Promise<void>,
): Promise<string[]> {
  const line = method.open();
  try {
    await settle();
    const controller = new AbortController();
    const { log, call } = callersOf(line);
    await call("a", { signal: controller.signal });
    await call("b");
    line.wake();
    await moment();
    controller.abort("late");
    await settle();
    return log.toSorted();
  } finally {
    line.close?.();
  }
}

contract((method, it) => {
  const { gives, late } = method;
  const passesOn = gives === "unit" || gives === "notice";
  const all = gives === "opening" || gives === "round";
  const served = all ? ["a", "b"] : ["a"];
  const cancelled = gives === "own" ? ["a: late"] : ["a: late", "b"];

  if (gives !== "own") {
    it("gives nothing to one who was cancelled just before, and the next gets it", async (line) => {
      const controller = new AbortController();
      const { log, call } = callersOf(line);
      await call("a", { signal: controller.signal });
      await call("b");
      controller.abort("gone");
      line.wake();
      await settle();
      expect([log.toSorted(), line.waiting()]).toEqual([["a: gone", "b"], 0]);
      expect(line.free?.() ?? 0).toBe(0);
    });

    it("gives nothing to one whose signal has aborted, before its listener has run", async (line) => {
      const controller = new AbortController();
      controller.signal.addEventListener("abort", () => line.wake());
      const { log, call } = callersOf(line);
      await call("a", { signal: controller.signal });
      await call("b");
      controller.abort("gone");
      await settle();
      expect([log.toSorted(), line.waiting()]).toEqual([["a: gone", "b"], 0]);
      expect(line.free?.() ?? 0).toBe(0);
    });
  }

  if (method.wakesLater !== true) {
    const what = late === "keeps" ? "keeps what it was given" : "returns what it was given";

    const check = async (
      line: Line,
      options: WaitOptions,
      cancel: () => unknown,
    ): Promise<void> => {
      let entered = false;
      const outcome = line
        .call(options, () => (entered = true))
        .catch((reason: unknown) => ({ reason }));
      await settle();
      line.wake();
      const reason = cancel();
      await settle();
      expect([entered, line.waiting()]).toEqual([late === "keeps", 0]);
      if (late === "returns") expect(await outcome).toEqual({ reason });
      if (line.free !== undefined) expect(line.free()).toBe(late === "keeps" ? 0 : 1);
    };

    it(`${what} when its signal aborts right after, in the same step`, async (line) => {
      const controller = new AbortController();
      await check(line, { signal: controller.signal }, () => {
        controller.abort("late");
        return "late";
      });
    });

    it(`${what} when its scope is cancelled right after, in the same step`, async (line) => {
      const scope = new CancelScope();
      await within(scope, (options) =>
        check(line, options, () => {
          scope.cancel("late");
          return scope.signal.reason;
        }),
      );
    });
  }

  it("is served or cancelled, in whatever microtask after it was woken the abort comes", async () => {
    for (let microtasks = 0; microtasks < 16; microtasks++) {
      const outcome = await cancelledAfter(method, async () => {
        for (let i = 0; i < microtasks; i++) await Promise.resolve();
      });
      expect([served, cancelled]).toContainEqual(outcome);
    }
    expect(await cancelledAfter(method, settle)).toEqual(served);
  });

  if (passesOn) {
    it("passes on what each of several cancelled ones would have got, once", async (line) => {
      const controller = new AbortController();
      const { log, call } = callersOf(line);
      const { signal } = controller;
      for (const name of ["a", "b", "c"]) await call(name, { signal });
      await call("d");
      await call("e");
      controller.abort("gone");
      await settle();
      log.length = 0;
      line.wake();
      await settle();
      expect([log, line.waiting()]).toEqual([["d"], 1]);
    });
  }
});
