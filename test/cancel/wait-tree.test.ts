import { turn } from "../support/turn.ts";
import { afterEach, describe, expect, test, vi } from "vitest";
import { AsyncEvent, CancelScope, Mutex, sleep, taskGroup, waitTree } from "corral";
import { withVirtualClock } from "corral/testing";
import { runtime } from "../../src/internal/runtime.ts";
import { deferred } from "../support/deferred.ts";
import { at } from "../support/mode.ts";

const { watcher } = runtime;

afterEach(() => {
  vi.restoreAllMocks();
  runtime.watcher = watcher;
});

/** What waits now, as a watcher hears of it. */
function watchWaits(): Set<unknown> {
  const waits = new Set<unknown>();
  runtime.watcher = {
    started: (wait) => void waits.add(wait),
    ended: (wait) => void waits.delete(wait),
  };
  return waits;
}

describe("waitTree()", () => {
  test("draws scopes, tasks and waits, with their names and states", () =>
    withVirtualClock(async () => {
      const outer = new CancelScope({ name: "outer" });
      const hold = deferred();
      const run = outer.run(async () => {
        const mutex = new Mutex({ name: "door" });
        mutex.tryAcquire();
        const inner = new CancelScope({ shield: true, ...at(outer) });
        await Promise.allSettled([
          inner.run(() => sleep(10, at(inner))),
          taskGroup(async (group) => {
            group.spawn((task) => sleep(5, at(task.scope)), { name: "worker" });
            group.spawn((task) => sleep(5, at(task.scope)), { name: "helper", daemon: true });
            await hold.promise;
          }, at(outer)),
          mutex.acquire(at(outer)),
        ]);
      });
      await turn();
      expect(waitTree(outer).split("\n")).toEqual([
        'scope "outer"',
        "├─ scope (shielded)",
        "│  └─ waits for sleep",
        "├─ scope",
        '│  ├─ task "worker" (running)',
        "│  │  └─ waits for sleep",
        '│  └─ task "helper" (running, daemon)',
        "│     └─ waits for sleep",
        '└─ waits for mutex "door"',
      ]);
      outer.cancel();
      expect(waitTree(outer).split("\n")).toEqual([
        'scope "outer" (cancelled)',
        "├─ scope (shielded)",
        "│  └─ waits for sleep",
        "└─ scope (cancelled)",
        '   ├─ task "worker" (running, cancelled)',
        '   └─ task "helper" (running, cancelled, daemon)',
      ]);
      hold.resolve();
      await run;
    }));

  test("says for how long, in seconds", async () => {
    const time = vi.spyOn(runtime as { time: () => number }, "time").mockReturnValue(1_000);
    const scope = new CancelScope();
    const ends = scope.run(() =>
      taskGroup((group) => {
        group.spawn((task) => new AsyncEvent().wait(at(task.scope)), { name: "slow" });
      }, at(scope)),
    );
    await Promise.resolve();
    time.mockReturnValue(3_540);
    const drawn = waitTree(scope);
    time.mockRestore();
    scope.cancel();
    await ends.catch(() => {});
    expect(drawn.split("\n")).toEqual([
      "scope",
      "└─ scope",
      '   └─ task "slow" (running), 2.5 s',
      "      └─ waits for event, 2.5 s",
    ]);
  });

  test("draws each tree once that some waits are in", async () => {
    vi.spyOn(runtime as { time: () => number }, "time").mockReturnValue(1_000);
    const waits = watchWaits();
    const { signal } = new AbortController();
    const scope = new CancelScope({ name: "one", signal });
    const event = new AsyncEvent({ name: "bell" });
    const ends = [
      scope.run(() => Promise.all([event.wait(at(scope)), event.wait(at(scope))])),
      event.wait({ signal: new AbortController().signal }),
      event.wait(),
    ];
    const drawn = waitTree(waits).split("\n");
    runtime.watcher = watcher;
    event.set();
    await Promise.all(ends);
    const bell = 'waits for event "bell", 0.0 s';
    expect(drawn).toEqual([
      "signal from outside",
      '└─ scope "one"',
      `   ├─ ${bell}`,
      `   └─ ${bell}`,
      "signal from outside",
      `└─ ${bell}`,
      bell,
    ]);
  });
});
