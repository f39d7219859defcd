// The deadline of a load is the latest of those who wait for it.
import { describe, expect, test } from "vitest";
import {
  CancelScope,
  detached,
  moveOnAfter,
  now,
  RateLimiter,
  shield,
  SingleFlight,
  sleep,
  timeout,
  TimeoutError,
} from "corral";
import { withVirtualClock } from "corral/testing";
import { ambientTest, at, explicit } from "../support/mode.ts";
import { Loads, outcomeOf } from "./flights.ts";

/** One load, what it sees of its deadline, and callers that come and leave. */
class World {
  readonly loads = new Loads();
  readonly flights: SingleFlight<string, string>;
  readonly scopes: CancelScope[] = [];
  readonly outcomes: Promise<unknown>[] = [];

  constructor(keepAlive = false) {
    this.flights = new SingleFlight<string, string>({ keepAlive });
  }

  /** A caller with a deadline so many milliseconds from now. */
  call(ms: number): CancelScope {
    const scope = new CancelScope({ timeoutMs: ms });
    this.outcomes.push(outcomeOf(scope.run(() => this.join(at(scope)))));
    return scope;
  }

  /** Calls in no scope but the test's. */
  join(options: { readonly signal?: AbortSignal }): Promise<string> {
    return this.flights.run(
      "a",
      (scope) => {
        this.scopes.push(scope);
        return this.loads.load(scope);
      },
      options,
    );
  }

  /** The deadline as the load has it, and as scopes within see it. */
  get deadline(): number {
    const [scope] = this.scopes;
    expect(scope!.effectiveDeadline).toBe(scope!.deadline);
    return scope!.deadline;
  }

  async end(): Promise<unknown[]> {
    this.loads.begun[0]!.gate.resolve("value");
    return Promise.all(this.outcomes);
  }
}

describe("the deadline of a load", () => {
  test("is that of its one caller", () =>
    withVirtualClock(async (clock) => {
      const world = new World();
      world.call(100);
      await clock.runUntilIdle();
      expect(world.deadline).toBe(100);
      expect(await world.end()).toEqual(["value"]);
    }));

  test("is later when a later one joins, and not when an earlier one does", () =>
    withVirtualClock(async (clock) => {
      const world = new World();
      world.call(100);
      await clock.runUntilIdle();
      world.call(50);
      expect(world.deadline).toBe(100);
      world.call(200);
      expect(world.deadline).toBe(200);
      expect(await world.end()).toEqual(["value", "value", "value"]);
    }));

  test("is earlier again when the later one has left", () =>
    withVirtualClock(async (clock) => {
      const world = new World();
      const callers = [100, 300, 200].map((ms) => world.call(ms));
      await clock.runUntilIdle();
      const seen = [world.deadline];
      for (const i of [1, 2]) {
        callers[i]!.cancel();
        seen.push(world.deadline);
      }
      expect(seen).toEqual([300, 200, 100]);
      expect((await world.end())[0]).toBe("value");
    }));

  test("moves with those of the callers", () =>
    withVirtualClock(async (clock) => {
      const world = new World();
      const [one, other] = [world.call(100), world.call(200)];
      await clock.runUntilIdle();
      one.deadline = now() + 500;
      expect(world.deadline).toBe(500);
      one.deadline = now() + 150;
      expect(world.deadline).toBe(200);
      other.deadline = now() + 20;
      expect(world.deadline).toBe(150);
      one.deadline = Infinity;
      expect(world.deadline).toBe(Infinity);
      await world.end();
    }));

  test("is none while one waits that has none", () =>
    withVirtualClock(async (clock) => {
      const world = new World();
      world.call(100);
      await clock.runUntilIdle();
      const controller = new AbortController();
      const free = outcomeOf(world.join(controller));
      expect(world.deadline).toBe(Infinity);
      controller.abort("gone");
      expect(await free).toEqual({ reason: "gone" });
      expect(world.deadline).toBe(100);
      await world.end();
    }));

  test("is none from the moment on at which one has come whom nothing can cancel", () =>
    withVirtualClock(async (clock) => {
      const world = new World();
      world.call(100);
      await clock.runUntilIdle();
      const free = detached(() => world.join({}));
      expect(world.deadline).toBe(Infinity);
      await sleep(100);
      expect(world.deadline).toBe(Infinity);
      await world.end();
      expect(await free).toBe("value");
    }));

  test("is none with keepAlive", () =>
    withVirtualClock(async (clock) => {
      const world = new World(true);
      world.call(100);
      await clock.runUntilIdle();
      expect(world.deadline).toBe(Infinity);
      await world.end();
    }));

  test("is the least of what its caller sees: a shield hides it", () =>
    withVirtualClock(async (clock) => {
      const world = new World();
      const outer = timeout(100, (scope) =>
        timeout(1_000, (inner) => world.join(at(inner)), at(scope)),
      );
      await clock.runUntilIdle();
      expect(world.deadline).toBe(100);
      const shielded = timeout(100, (scope) =>
        shield((inner) => world.join(at(inner)), { timeoutMs: 400, ...at(scope) }),
      );
      expect(world.deadline).toBe(400);
      await world.end();
      expect(await Promise.all([outer, shielded])).toEqual(["value", "value"]);
    }));

  ambientTest(
    "is the earlier of its caller's scope and of the scope of its signal (needs ambient scopes)",
    () =>
      withVirtualClock(async (clock) => {
        const world = new World();
        const other = new CancelScope({ timeoutMs: 300 });
        const waiting = other.run(() => sleep(1_000)).catch(() => {});
        const one = timeout(500, () => world.join({ signal: other.signal }));
        await clock.runUntilIdle();
        expect(world.deadline).toBe(300);
        const late = timeout(200, () => world.join({ signal: other.signal }));
        expect(world.deadline).toBe(300);
        other.deadline = 100;
        expect(world.deadline).toBe(100);
        await world.end();
        expect(await Promise.all([one, late])).toEqual(["value", "value"]);
        await waiting;
      }),
  );

  test("goes through a load that waits for another one", () =>
    withVirtualClock(async (clock) => {
      const world = new World();
      const flights = new SingleFlight<string, string>();
      const scopes = [100, 200].map((ms) => new CancelScope({ timeoutMs: ms }));
      const calls = scopes.map((scope) =>
        scope.run(() =>
          flights.run("outer", (load) => world.join({ signal: load.signal }), at(scope)),
        ),
      );
      await clock.runUntilIdle();
      expect(world.deadline).toBe(200);
      scopes[0]!.deadline = now() + 700;
      expect(world.deadline).toBe(700);
      world.call(900);
      expect(world.deadline).toBe(900);
      await world.end();
      expect(await Promise.all(calls)).toEqual(["value", "value"]);
    }));

  test("cancels nothing by itself: each caller leaves at its own, and the last one cancels it", () =>
    withVirtualClock(async (clock) => {
      const world = new World();
      const ends: unknown[] = [];
      for (const ms of [100, 200]) {
        world.call(ms);
        const outcome = world.outcomes.at(-1)!;
        void outcome.then((it) => ends.push([(it as { reason: Error }).reason.name, clock.now()]));
      }
      await sleep(150);
      expect([world.loads.aborted, ends]).toEqual([[false], [["TimeoutError", 100]]]);
      await sleep(100);
      expect([world.loads.aborted, ends.at(-1)]).toEqual([[true], ["TimeoutError", 200]]);
    }));

  test("is over once it is cancelled; it has not expired then, nor has one that nobody waits for any more", () =>
    withVirtualClock(async (clock) => {
      const world = new World();
      const caller = world.call(100);
      await clock.runUntilIdle();
      const [scope] = world.scopes;
      caller.cancel();
      expect([scope!.effectiveDeadline, scope!.expired]).toEqual([-Infinity, false]);
      await clock.runUntilIdle();
      expect([scope!.effectiveDeadline, scope!.expired]).toEqual([-Infinity, false]);
    }));

  test("is none when it has ended", () =>
    withVirtualClock(async (clock) => {
      const world = new World();
      world.call(100);
      await clock.runUntilIdle();
      await world.end();
      expect([world.deadline, world.scopes[0]!.expired]).toEqual([Infinity, false]);
      await sleep(200);
      expect([world.deadline, world.scopes[0]!.expired]).toEqual([Infinity, false]);
    }));
});

describe("a load", () => {
  test("sees its deadline from its first step on, also as the current scope", () =>
    withVirtualClock(async () => {
      const flights = new SingleFlight<string, unknown[]>();
      const seen = await timeout(100, (caller) =>
        flights.run(
          "a",
          (scope) => [
            scope.effectiveDeadline,
            scope.deadline,
            explicit || CancelScope.current === scope,
          ],
          at(caller),
        ),
      );
      expect(seen).toEqual([100, 100, true]);
    }));

  test("hands it on to the scopes within, which may have an earlier one", () =>
    withVirtualClock(async (clock) => {
      const flights = new SingleFlight<string, void>();
      const seen: number[] = [];
      const call = timeout(100, (caller) =>
        flights.run(
          "a",
          async (scope) => {
            await timeout(500, (inner) => seen.push(inner.effectiveDeadline), at(scope));
            await timeout(40, (inner) => seen.push(inner.effectiveDeadline), at(scope));
          },
          at(caller),
        ),
      );
      await call;
      expect([seen, clock.now()]).toEqual([[100, 40], 0]);
    }));

  test("is refused by a rate limiter at once when its turn is after the deadlines of all who have come", () =>
    withVirtualClock(async (clock) => {
      const flights = new SingleFlight<string, string>();
      const limiter = new RateLimiter({ limit: 1, perMs: 100 });
      limiter.tryAcquire();
      const load = async (scope: CancelScope): Promise<string> => {
        await limiter.acquire(1, at(scope));
        return "value";
      };
      const ask = (ms: number): Promise<string> =>
        timeout(ms, (scope) => flights.run("a", load, at(scope)));
      await expect(ask(50)).rejects.toThrow("the turn is in 100 ms, and the deadline in 50 ms");
      expect(clock.now()).toBe(0);
      const [late, early] = [ask(101), outcomeOf(ask(50))];
      expect([await late, clock.now()]).toEqual(["value", 100]);
      expect(await early).toMatchObject({ reason: { name: "TimeoutError", deadline: 50 } });
    }));

  test("may have an earlier deadline of its own, which all who wait get to know", () =>
    withVirtualClock(async (clock) => {
      const flights = new SingleFlight<string, void>();
      const seen: number[] = [];
      const load = async (scope: CancelScope): Promise<void> => {
        scope.deadline = now() + 30;
        seen.push(scope.deadline, scope.effectiveDeadline);
        await sleep(1_000, at(scope));
      };
      const calls = [100, 200].map((ms) =>
        outcomeOf(timeout(ms, (scope) => flights.run("a", load, at(scope)))),
      );
      const [one, other] = await Promise.all(calls);
      expect([seen, clock.now()]).toEqual([[30, 30], 30]);
      expect(one).toEqual({ reason: expect.any(TimeoutError) as unknown });
      expect((other as { reason: unknown }).reason).toBe((one as { reason: unknown }).reason);
      expect(one).toMatchObject({ reason: { deadline: 30 } });
    }));

  test("whose own deadline is later still has the latest of its callers'", () =>
    withVirtualClock(async (clock) => {
      const world = new World();
      world.call(100);
      await clock.runUntilIdle();
      const [scope] = world.scopes;
      scope!.deadline = now() + 500;
      expect(world.deadline).toBe(100);
      world.call(1_000);
      expect(world.deadline).toBe(500);
      await world.end();
    }));

  test("is not cut short by a timeout within it that ends when a caller's does", () =>
    withVirtualClock(async (clock) => {
      const flights = new SingleFlight<string, string>();
      const call = (ms: number): Promise<unknown> =>
        timeout(ms, (caller) =>
          flights.run(
            "a",
            async (scope) => {
              const part = await moveOnAfter(50, (inner) => sleep(1_000, at(inner)), at(scope));
              return part === undefined ? "moved on" : "waited";
            },
            at(caller),
          ),
        );
      const calls = [50, 80].map((ms) => outcomeOf(call(ms)));
      const [early, late] = await Promise.all(calls);
      expect(early).toMatchObject({ reason: { name: "TimeoutError", deadline: 50 } });
      expect([late, clock.now()]).toEqual(["moved on", 50]);
    }));
});
