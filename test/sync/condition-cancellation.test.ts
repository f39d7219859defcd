import { turn } from "../support/turn.ts";
import { describe, expect, test } from "vitest";
import { CancelledError, CancelScope, Condition, sleep, timeout, TimeoutError } from "corral";
import { withVirtualClock } from "corral/testing";
import { deferred } from "../support/deferred.ts";
import { at } from "../support/mode.ts";
import { unhandledDuring } from "../support/unhandled.ts";

describe("a section whose wait is cancelled", () => {
  test("holds the lock again when it hears of it, and leaves no waiter", async () => {
    const condition = new Condition();
    const controller = new AbortController();
    const section = condition.run(async (held) => {
      await expect(held.wait(controller)).rejects.toBe("gone");
      return condition.stats();
    });
    await turn();
    controller.abort("gone");
    expect(condition.waiting).toBe(0);
    expect(await section).toEqual({ locked: true, waiting: 0 });
    expect(condition.mutex.locked).toBe(false);
  });

  test("hears of it only when it gets the lock, however long that takes", async () => {
    await withVirtualClock(async (clock) => {
      const condition = new Condition();
      const log: string[] = [];
      const section = condition.run(async (held) => {
        const wait = timeout(10, (scope) => held.wait(at(scope)));
        await expect(wait).rejects.toBeInstanceOf(TimeoutError);
        log.push(`cancelled ${clock.now()}`);
      });
      const other = condition.mutex.run(async () => {
        await sleep(50);
        log.push(`other ${clock.now()}`);
      });
      await Promise.all([section, other]);
      expect(log).toEqual(["other 50", "cancelled 50"]);
    });
  });

  test("gets the cancellation of its scope as it is, also while it waits for the lock", async () => {
    for (const notified of [false, true]) {
      const condition = new Condition();
      const scope = new CancelScope();
      let caught: unknown;
      const section = scope.run(() =>
        condition.run(async (held) => {
          await held.wait(at(scope)).catch((error: unknown) => {
            caught = error;
          });
          return condition.mutex.locked;
        }),
      );
      await condition.run(async (held) => {
        if (notified) held.notify();
        await turn();
        scope.cancel("enough");
      });
      expect(await section).toBe(true);
      expect(caught).toBeInstanceOf(CancelledError);
      expect(caught).toBe(scope.signal.reason);
    }
  });

  test("in a cancelled scope keeps the lock all the time", async () => {
    const condition = new Condition();
    await condition.run(async (held) => {
      const wait = held.wait({ signal: AbortSignal.abort("before") });
      expect(condition.stats()).toEqual({ locked: true, waiting: 0 });
      await expect(wait).rejects.toBe("before");
      held.notify();
    });
  });

  test("is let go in order with those who were notified", async () => {
    const condition = new Condition();
    const controller = new AbortController();
    const log: string[] = [];
    const wait = (name: string, signal?: AbortSignal): Promise<void> =>
      condition.run(async (held) => {
        await held.wait({ signal }).catch(() => log.push(`${name} cancelled`));
        log.push(name);
      });
    const calls = [wait("a"), wait("b", controller.signal), wait("c")];
    await condition.run((held) => {
      held.notify();
      controller.abort();
      held.notify();
    });
    await Promise.all(calls);
    expect(log).toEqual(["a", "b cancelled", "b", "c"]);
  });
});

describe("a notification", () => {
  test("passes on to the next when the one it was for is cancelled in the same step", async () => {
    const condition = new Condition();
    const controller = new AbortController();
    const items: string[] = [];
    const consume = (signal?: AbortSignal): Promise<string | undefined> =>
      condition.run(async (held) => {
        await held.waitFor(() => items.length > 0, { signal });
        return items.shift();
      });
    const first = consume(controller.signal);
    const second = consume();
    await condition.run((held) => {
      items.push("item");
      held.notify();
      controller.abort("gone");
    });
    await expect(first).rejects.toBe("gone");
    expect(await second).toBe("item");
  });

  test("passes on when the one it was for is cancelled while it waits for the lock", async () => {
    const condition = new Condition();
    const scope = new CancelScope();
    const log: string[] = [];
    const first = scope.run(() => condition.run((held) => held.wait(at(scope))));
    const second = condition.run(async (held) => {
      await held.wait();
      log.push("second");
    });
    await condition.run(async (held) => {
      held.notify();
      await turn();
      scope.cancel("gone");
      await turn();
      expect(log).toEqual([]);
    });
    await expect(first).rejects.toBeInstanceOf(CancelledError);
    await second;
    expect([log, condition.stats()]).toEqual([["second"], { locked: false, waiting: 0 }]);
  });

  test("goes to one who is not cancelled, also before an abort listener has run", async () => {
    const condition = new Condition();
    const controller = new AbortController();
    const log: string[] = [];
    let notify: (() => void) | undefined;
    controller.signal.addEventListener("abort", () => notify!());
    const first = condition.run((held) => held.wait(controller));
    const second = condition.run(async (held) => {
      await held.wait();
      log.push("second");
    });
    await condition.run((held) => {
      notify = () => held.notify();
      controller.abort("gone");
    });
    await expect(first).rejects.toBe("gone");
    await second;
    expect(log).toEqual(["second"]);
  });

  test("that is kept is not passed on: a cancellation afterwards changes nothing", async () => {
    const condition = new Condition();
    const controller = new AbortController();
    const first = condition.run((held) => held.wait(controller));
    const second = condition.run((held) => held.wait());
    await condition.run((held) => held.notify());
    await first;
    controller.abort("late");
    await turn();
    expect(condition.waiting).toBe(1);
    await condition.run((held) => held.notify());
    await second;
  });
});

test("cancelled waits that nobody looks at are no unhandled rejections, notified or not", async () => {
  const unhandled = await unhandledDuring(async () => {
    const condition = new Condition();
    const controller = new AbortController();
    const hold = deferred();
    const sections = [1, 2].map(() =>
      condition.run(async (held) => {
        void held.wait(controller);
        await hold.promise;
      }),
    );
    await condition.run((held) => {
      held.notify();
      controller.abort();
    });
    await turn();
    expect(condition.stats()).toEqual({ locked: true, waiting: 0 });
    hold.resolve();
    await Promise.all(sections);
  });
  expect(unhandled).toEqual([]);
});
