// What a cancellation does to a wait, before it and during it.
import { getEventListeners } from "node:events";
import { expect } from "vitest";
import { CancelScope } from "corral";
import { explicit } from "../support/mode.ts";
import { unhandledDuring } from "../support/unhandled.ts";
import { callersOf, contract, failureOf, within } from "./contract.ts";
import type { Line } from "./line.ts";
import { settle } from "./settle.ts";

const reasons = [new Error("why"), undefined, null, 0, "", false, Number.NaN];

function listeners(signal: AbortSignal): number {
  return getEventListeners(signal, "abort").length;
}

async function silent(line: Line, body: () => Promise<void>): Promise<void> {
  expect(await unhandledDuring(body)).toEqual([]);
  expect(line.waiting()).toBe(0);
}

contract((method, it) => {
  const all = method.gives === "opening" || method.gives === "round";
  const ends = async (): Promise<void> => {
    if (method.endsLater === true) await settle();
  };

  it("rejects with the reason itself of a signal that has aborted, and does not wait", async (line) => {
    for (const reason of reasons) {
      const signal = AbortSignal.abort(reason);
      const called = line.call({ signal }, () => {});
      await ends();
      expect(line.waiting()).toBe(0);
      expect((await failureOf(called)).reason).toBe(signal.reason);
      expect(listeners(signal)).toBe(0);
      await settle();
    }
  });

  if (method.gives === "unit" || method.gives === "opening") {
    it("takes nothing that is there when its signal has aborted, or its scope", async (line) => {
      line.wake();
      await settle();
      const free = line.free?.();
      const { log, call } = callersOf(line);
      await call("a", { signal: AbortSignal.abort("no") });
      const scope = new CancelScope();
      scope.cancel();
      await within(scope, async (options) => {
        const called = line.call(options, () => log.push("b"));
        expect((await failureOf(called)).reason).toBe(scope.signal.reason);
      });
      expect([log, line.free?.(), line.waiting()]).toEqual([["a: no"], free, 0]);
    });
  }

  it("rejects in a cancelled scope, again and again", async (line) => {
    const scope = new CancelScope();
    scope.cancel("over");
    await within(scope, async (options) => {
      for (let i = 0; i < 3; i++) {
        const called = line.call(options, () => {});
        await ends();
        expect(line.waiting()).toBe(0);
        expect((await failureOf(called)).reason).toBe(scope.signal.reason);
        await settle();
      }
    });
  });

  it("leaves the line at once when its signal aborts, and leaves no listener", async (line) => {
    for (const reason of reasons) {
      const controller = new AbortController();
      const { signal } = controller;
      const called = line.call({ signal }, () => {});
      const failed = failureOf(called);
      await settle();
      expect([line.waiting(), listeners(signal)]).toEqual([1, 1]);
      controller.abort(reason);
      await ends();
      expect([line.waiting(), listeners(signal)]).toEqual([0, 0]);
      expect(line.leftovers?.() ?? 0).toBe(0);
      expect((await failed).reason).toBe(signal.reason);
      await settle();
    }
  });

  it("leaves the line at once when its scope is cancelled, and rejects again after that", async (line) => {
    const scope = new CancelScope();
    await within(scope, async (options) => {
      const failed = failureOf(line.call(options, () => {}));
      await settle();
      expect(line.waiting()).toBe(1);
      scope.cancel("over");
      await ends();
      expect(line.waiting()).toBe(0);
      expect((await failed).reason).toBe(scope.signal.reason);
      await settle();
      const again = line.call(options, () => {});
      expect((await failureOf(again)).reason).toBe(scope.signal.reason);
      expect(line.waiting()).toBe(0);
    });
  });

  it("has one listener for all that wait on a signal, and none when the last has been served", async (line) => {
    const { signal } = new AbortController();
    const { log, call } = callersOf(line);
    await call("a", { signal });
    await call("b", { signal });
    expect([line.waiting(), listeners(signal)]).toEqual([2, 1]);
    for (let wakes = all ? 1 : 2; wakes > 0; wakes--) {
      line.wake();
      await settle();
    }
    expect([log, line.waiting()]).toEqual([["a", "b"], 0]);
    if (method.listensOn !== true) expect(listeners(signal)).toBe(0);
  });

  if (!explicit) {
    it("is cancelled by its scope or by its signal, and leaves both (needs ambient scopes)", async (line) => {
      for (const way of ["scope", "signal"] as const) {
        const scope = new CancelScope();
        const controller = new AbortController();
        const { signal } = controller;
        await scope.run(async () => {
          const failed = failureOf(line.call({ signal }, () => {}));
          await settle();
          expect([line.waiting(), listeners(signal)]).toEqual([1, 1]);
          if (way === "scope") scope.cancel("scope");
          else controller.abort("signal");
          await ends();
          expect([line.waiting(), listeners(signal)]).toEqual([0, 0]);
          expect((await failed).reason).toBe(way === "scope" ? scope.signal.reason : "signal");
          await settle();
        });
      }
    });
  }

  it("is no unhandled rejection when nobody awaits it and its signal aborts", (line) =>
    silent(line, async () => {
      const controller = new AbortController();
      void line.call({ signal: controller.signal });
      await settle();
      expect(line.waiting()).toBe(1);
      controller.abort("in line");
      await settle();
    }));

  it("is no unhandled rejection when nobody awaits it and its scope is cancelled", (line) =>
    silent(line, async () => {
      const scope = new CancelScope();
      await within(scope, async (options) => {
        void line.call(options);
        await settle();
        expect(line.waiting()).toBe(1);
        scope.cancel();
        await settle();
      });
    }));

  it("is no unhandled rejection when nobody awaits it and its signal has aborted", (line) =>
    silent(line, async () => {
      void line.call({ signal: AbortSignal.abort() });
      await settle();
    }));
});
