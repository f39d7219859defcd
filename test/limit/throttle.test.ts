import { AsyncLocalStorage } from "node:async_hooks";
import { describe, expect, test } from "vitest";
import { ClosedError, type Coalesced, now, sleep, throttle, type ThrottleOptions } from "corral";
import { withVirtualClock } from "corral/testing";

interface Calls {
  readonly say: Coalesced<[string], string>;
  /** The calls that were made: when, and with what. */
  readonly made: string[];
}

function throttled(perMs: number, options?: ThrottleOptions): Calls {
  const made: string[] = [];
  const say = throttle(
    (text: string) => {
      made.push(`${now()} ${text}`);
      return text.toUpperCase();
    },
    perMs,
    options,
  );
  return { say, made };
}

/** Calls it at these times, with `a`, `b`, …, and gives what each call got, and when. */
async function callsAt(say: Coalesced<[string], string>, times: number[]): Promise<string[]> {
  const start = now();
  const results: Promise<string>[] = [];
  for (const [i, time] of times.entries()) {
    await sleep(start + time - now());
    results.push(say(String.fromCodePoint(97 + i)).then((result) => `${now()} ${result}`));
  }
  return Promise.all(results);
}

const times = [1, 20, 90, 105, 150, 400, 420];

describe("throttle()", () => {
  test("makes each call with the `this` of the latest caller", () =>
    withVirtualClock(async () => {
      class Document {
        readonly #name: string;
        constructor(name: string) {
          this.#name = name;
        }
        name(): string {
          return this.#name;
        }
      }
      const [a, b] = [new Document("a"), new Document("b")];
      const name = throttle(a.name, 100);
      const results = [a, b, a, b].map((it) => name.call(it));
      expect(await Promise.all(results)).toEqual(["a", "b", "b", "b"]);
    }));

  test("calls at once, and then at the end of each interval with the latest arguments", () =>
    withVirtualClock(async () => {
      const { say, made } = throttled(100);
      expect(await callsAt(say, times)).toEqual([
        "1 A",
        "101 C",
        "101 C",
        "201 E",
        "201 E",
        "400 F",
        "500 G",
      ]);
      expect(made).toEqual(["1 a", "101 c", "201 e", "400 f", "500 g"]);
    }));

  test("without leading calls at the end of each interval only", () =>
    withVirtualClock(async () => {
      const { say, made } = throttled(100, { leading: false });
      expect(await callsAt(say, times)).toEqual([
        "101 C",
        "101 C",
        "101 C",
        "201 E",
        "201 E",
        "500 G",
        "500 G",
      ]);
      expect(made).toEqual(["101 c", "201 e", "500 g"]);
    }));

  test("without trailing, all of an interval get what the call at its beginning gives", () =>
    withVirtualClock(async () => {
      const { say, made } = throttled(100, { trailing: false });
      expect(await callsAt(say, times)).toEqual([
        "1 A",
        "20 A",
        "90 A",
        "105 D",
        "150 D",
        "400 F",
        "420 F",
      ]);
      expect(made).toEqual(["1 a", "105 d", "400 f"]);
      expect(say.pending).toBe(0);
    }));

  test("without trailing, those who come while the call runs wait for it", () =>
    withVirtualClock(async (clock) => {
      let calls = 0;
      const load = throttle(
        async () => {
          calls++;
          await sleep(50);
          if (calls === 2) throw new Error("oops");
          return calls;
        },
        100,
        { trailing: false },
      );
      const both = [load(), sleep(20).then(() => load())];
      expect([await Promise.all(both), clock.now()]).toEqual([[1, 1], 50]);
      await sleep(50);
      const outcomes = await Promise.allSettled([load(), load(), sleep(60).then(() => load())]);
      expect(outcomes.map((it) => (it as PromiseRejectedResult).reason.message)).toEqual([
        "oops",
        "oops",
        "oops",
      ]);
    }));

  test("makes no two calls within perMs, however the callers come", () =>
    withVirtualClock(async () => {
      const { say, made } = throttled(100);
      const at = Array.from({ length: 26 }, (_, i) => 1 + Math.trunc((i * i * 37) / 20));
      await callsAt(say, at);
      const begun = made.map((line) => Number.parseInt(line, 10));
      expect(begun.length).toBeGreaterThan(5);
      for (let i = 1; i < begun.length; i++) {
        expect(begun[i]! - begun[i - 1]!).toBeGreaterThanOrEqual(100);
      }
    }));

  test("of Infinity calls once", () =>
    withVirtualClock(async (clock) => {
      const { say, made } = throttled(Infinity);
      expect(await say("a")).toBe("A");
      const second = say("b");
      await clock.advance(1e12);
      expect(say.pending).toBe(1);
      void say.flush();
      expect(await second).toBe("B");
      expect(made).toHaveLength(2);
    }));

  test("pitfall 2: makes each call in the async context of the latest caller", () =>
    withVirtualClock(async () => {
      const storage = new AsyncLocalStorage<string>();
      const who = throttle(() => storage.getStore(), 100);
      const callers = ["first", "second", "third"];
      const results = callers.map((name) => storage.run(name, () => who()));
      expect(await Promise.all(results)).toEqual(["first", "third", "third"]);
    }));

  test("begins afresh on the clock of another test", async () => {
    const { say, made } = throttled(1e9);
    for (const name of ["first", "second"]) {
      await withVirtualClock(async () => {
        await sleep(1e6);
        await say(name);
      });
    }
    expect(made).toEqual(["1000000 first", "1000000 second"]);
  });
});

test("flush() makes the call now, and the next interval begins with it", () =>
  withVirtualClock(async (clock) => {
    const { say, made } = throttled(100);
    void say("a");
    const result = say("b");
    await sleep(40);
    expect(await say.flush()).toBe("B");
    expect(await result).toBe("B");
    expect([await say("c"), clock.now()]).toEqual(["C", 140]);
    expect([made, say.flush()]).toEqual([["0 a", "40 b", "140 c"], undefined]);
  }));

test("cancel() drops the call that is to come, and the interval goes on", () =>
  withVirtualClock(async (clock) => {
    const { say, made } = throttled(100);
    void say("a");
    const dropped = say("b");
    await sleep(40);
    say.cancel();
    await expect(dropped).rejects.toThrow(new ClosedError("Cannot throttle: it was cancelled"));
    expect([await say("c"), clock.now()]).toEqual(["C", 100]);
    expect(made).toEqual(["0 a", "100 c"]);
  }));
