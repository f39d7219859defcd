// What every wait for an event, a latch, a barrier or a condition does when it is cancelled.
import { getEventListeners } from "node:events";
import { turn } from "../support/turn.ts";
import { describe, expect, test } from "vitest";
import {
  AsyncEvent,
  Barrier,
  CancelScope,
  Condition,
  Latch,
  timeout,
  TimeoutError,
  type WaitOptions,
} from "corral";
import { withVirtualClock } from "corral/testing";
import { at } from "../support/mode.ts";
import { unhandledDuring } from "../support/unhandled.ts";

/** Something that is waited for until `open()`. */
interface Awaited {
  wait(options?: WaitOptions): Promise<unknown>;
  open(): unknown;
  waiting(): number;
}

const all: [string, () => Awaited][] = [
  [
    "AsyncEvent",
    () => {
      const event = new AsyncEvent();
      return {
        wait: (options) => event.wait(options),
        open: () => event.set(),
        waiting: () => event.waiting,
      };
    },
  ],
  [
    "Latch",
    () => {
      const latch = new Latch(1);
      return {
        wait: (options) => latch.wait(options),
        open: () => latch.countDown(),
        waiting: () => latch.waiting,
      };
    },
  ],
  [
    "Barrier",
    () => {
      const barrier = new Barrier(2);
      return {
        wait: (options) => barrier.wait(options),
        open: () => barrier.wait(),
        waiting: () => barrier.waiting,
      };
    },
  ],
  [
    "Condition",
    () => {
      const condition = new Condition();
      return {
        wait: (options) => condition.run((held) => held.wait(options)),
        open: () => condition.run((held) => held.notifyAll()),
        waiting: () => condition.waiting,
      };
    },
  ],
];

describe.each(all)("%s: wait()", (_, make) => {
  test("takes no place when its signal has aborted, or in a cancelled scope", async () => {
    const it = make();
    const scope = new CancelScope();
    scope.cancel();
    await expect(it.wait({ signal: AbortSignal.abort("before") })).rejects.toBe("before");
    await scope.run(async () => {
      await expect(it.wait(at(scope))).rejects.toBe(scope.signal.reason);
      await expect(it.wait(at(scope))).rejects.toBe(scope.signal.reason);
    });
    expect(it.waiting()).toBe(0);
  });

  test("leaves the line at once when its signal aborts, with the raw reason", async () => {
    const it = make();
    const controller = new AbortController();
    const waiting = it.wait(controller);
    expect([it.waiting(), getEventListeners(controller.signal, "abort").length]).toEqual([1, 1]);
    controller.abort("gone");
    expect([it.waiting(), getEventListeners(controller.signal, "abort").length]).toEqual([0, 0]);
    await expect(waiting).rejects.toBe("gone");
  });

  test("ends when the time is over", async () => {
    await withVirtualClock(async (clock) => {
      const it = make();
      const call = timeout(10, (scope) => it.wait(at(scope)));
      await expect(call).rejects.toBeInstanceOf(TimeoutError);
      expect([clock.now(), it.waiting()]).toEqual([10, 0]);
    });
  });

  test("goes on when it is let go, and leaves no listener", async () => {
    const it = make();
    const controller = new AbortController();
    let over = false;
    const waiting = it.wait(controller).then(() => {
      over = true;
    });
    await turn();
    expect(over).toBe(false);
    await it.open();
    await waiting;
    expect(getEventListeners(controller.signal, "abort")).toHaveLength(0);
  });
});

// The rejection of a section is its own, not that of the wait in it.
describe.each(all.slice(0, 3))("%s: wait()", (_, make) => {
  test("leaves no unhandled rejection when nobody looks at it", async () => {
    const it = make();
    const controller = new AbortController();
    const unhandled = await unhandledDuring(() => {
      void it.wait(controller);
      controller.abort();
    });
    expect([unhandled, it.waiting()]).toEqual([[], 0]);
  });
});

describe.each(all.slice(0, 2))("%s: wait()", (_, make) => {
  test("keeps the others in order when some of them are cancelled", async () => {
    const it = make();
    const controller = new AbortController();
    const log: number[] = [];
    const calls = Array.from({ length: 7 }, (__, i) =>
      it.wait(i % 3 === 1 ? controller : {}).then(
        () => log.push(i),
        () => {},
      ),
    );
    controller.abort();
    it.open();
    await Promise.all(calls);
    expect(log).toEqual([0, 2, 3, 5, 6]);
  });

  test("keeps what it was told when it is cancelled after that, in the same step", async () => {
    const it = make();
    const controller = new AbortController();
    const waiting = it.wait(controller);
    it.open();
    controller.abort("late");
    expect(await waiting).toBeUndefined();
  });

  test("is not let go once its signal has aborted, also before its listener has run", async () => {
    const it = make();
    const controller = new AbortController();
    controller.signal.addEventListener("abort", () => it.open());
    const waiting = it.wait(controller);
    controller.abort("gone");
    await expect(waiting).rejects.toBe("gone");
  });

  test("is a cancel point also when nobody has to wait", async () => {
    const it = make();
    it.open();
    await expect(it.wait({ signal: AbortSignal.abort("before") })).rejects.toBe("before");
  });
});
