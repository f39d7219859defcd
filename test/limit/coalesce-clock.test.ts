import { afterEach, beforeEach, expect, test } from "vitest";
import { debounce, sleep, throttle } from "corral";
import { withVirtualClock } from "corral/testing";
import { runtime } from "../../src/internal/runtime.ts";

/** A clock that stands still, and fires no timer, unless told to. */
class HandClock {
  time = 0;
  readonly fires: (() => void)[] = [];

  now(): number {
    return this.time;
  }

  set<A>(_ms: number, fire: (argument: A) => void, argument: A): { cancel(): void } {
    this.fires.push(() => fire(argument));
    return { cancel: () => {} };
  }
}

let clock = new HandClock();

beforeEach(() => {
  runtime.clock = clock = new HandClock();
});

afterEach(() => {
  runtime.clock = undefined;
});

test("debounce() makes no call at once while an older one is due, and its timer is late", async () => {
  const made: string[] = [];
  const say = debounce((text: string) => void made.push(text), 100, { leading: true });
  const results = [say("at once"), say("later")];
  clock.time = 150;
  results.push(say("after"));
  clock.time = 250;
  // The timer that was late finds the call put off, and is set again.
  clock.fires.shift()!();
  clock.fires.shift()!();
  await Promise.all(results);
  expect(made).toEqual(["at once", "after"]);
});

test("throttle() makes no call at once while an older one is due, and its timer is late", async () => {
  const made: string[] = [];
  const say = throttle((text: string) => void made.push(text), 100);
  const results = [say("at once"), say("later")];
  clock.time = 150;
  results.push(say("after"));
  expect(made).toEqual(["at once"]);
  clock.fires.shift()!();
  await Promise.all(results);
  expect(made).toEqual(["at once", "after"]);
});

test("what waits on one clock is served on the next, with those who come there", async () => {
  const say = debounce((text: string) => text, 1e7);
  clock.time = 5;
  const first = say("a");
  runtime.clock = undefined;
  await withVirtualClock(async (virtual) => {
    await sleep(1e6);
    expect([await say("b"), virtual.now()]).toEqual(["b", 1.1e7]);
  });
  expect(await first).toBe("b");
});
