import { AsyncLocalStorage } from "node:async_hooks";
import { describe, expect, test } from "vitest";
import { ClosedError, type Coalesced, debounce, type DebounceOptions, now, sleep } from "corral";
import { withVirtualClock } from "corral/testing";
import { unhandledDuring } from "../support/unhandled.ts";

interface Calls {
  readonly say: Coalesced<[string], string>;
  /** The calls that were made: when, and with what. */
  readonly made: string[];
}

function debounced(waitMs: number, options?: DebounceOptions): Calls {
  const made: string[] = [];
  const say = debounce(
    (text: string) => {
      made.push(`${now()} ${text}`);
      return text.toUpperCase();
    },
    waitMs,
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

describe("debounce()", () => {
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
      const name = debounce(a.name, 100, { leading: true });
      const results = [a, b, a, b].map((it) => name.call(it));
      expect(await Promise.all(results)).toEqual(["a", "b", "b", "b"]);
    }));

  test("makes one call after the burst, with the latest arguments, that serves all of it", () =>
    withVirtualClock(async () => {
      const { say, made } = debounced(100);
      expect(await callsAt(say, [1, 50, 149, 260])).toEqual(["249 C", "249 C", "249 C", "360 D"]);
      expect(made).toEqual(["249 c", "360 d"]);
    }));

  test("leading calls at once for the first of a burst, and at its end for the others", () =>
    withVirtualClock(async () => {
      const { say, made } = debounced(100, { leading: true });
      expect(await callsAt(say, [1, 50, 100])).toEqual(["1 A", "200 C", "200 C"]);
      expect(await callsAt(say, [1])).toEqual(["201 A"]);
      expect(made).toEqual(["1 a", "200 c", "201 a"]);
    }));

  test("leading calls once for a burst of one, and begins anew after as much quiet", () =>
    withVirtualClock(async () => {
      const { say, made } = debounced(100, { leading: true });
      expect(await callsAt(say, [1, 101])).toEqual(["1 A", "101 B"]);
      expect(await callsAt(say, [99])).toEqual(["300 A"]);
      expect(made).toEqual(["1 a", "101 b", "300 a"]);
    }));

  test("lets no caller wait longer than maxWaitMs", () =>
    withVirtualClock(async () => {
      const { say, made } = debounced(100, { maxWaitMs: 150 });
      const got = await callsAt(say, [1, 90, 149, 160, 230]);
      expect(got).toEqual(["151 C", "151 C", "151 C", "310 E", "310 E"]);
      expect(made).toEqual(["151 c", "310 e"]);
    }));

  test("with no wait calls in the next turn", () =>
    withVirtualClock(async () => {
      const { say, made } = debounced(0);
      const results = [say("a"), say("b")];
      expect(made).toEqual([]);
      expect(await Promise.all(results)).toEqual(["B", "B"]);
    }));

  test("with waits beyond 2^31 ms is exact", () =>
    withVirtualClock(async (clock) => {
      const { say } = debounced(2 ** 33);
      await say("a");
      expect(clock.now()).toBe(2 ** 33);
    }));

  test("rejects all whom a failing call was to serve, and goes on", () =>
    withVirtualClock(async () => {
      let fails = true;
      const say = debounce(() => {
        if (fails) throw new Error("oops");
        return "fine";
      }, 100);
      const outcomes = await Promise.allSettled([say(), say()]);
      expect(outcomes.map((it) => (it.status === "rejected" ? it.reason.message : ""))).toEqual([
        "oops",
        "oops",
      ]);
      fails = false;
      expect(await say()).toBe("fine");
    }));

  test("does not wait for the call before to end", () =>
    withVirtualClock(async (clock) => {
      const say = debounce(async (ms: number) => {
        await sleep(ms);
        return ms;
      }, 100);
      const long = say(1_000);
      await sleep(150);
      expect([await say(10), clock.now()]).toEqual([10, 260]);
      expect([await long, clock.now()]).toEqual([1_000, 1_100]);
    }));

  test("pitfall 2: makes the call in the async context of the latest caller", () =>
    withVirtualClock(async () => {
      const storage = new AsyncLocalStorage<string>();
      const who = debounce(() => storage.getStore(), 100, { leading: true });
      const callers = ["first", "second", "third"];
      const results = callers.map((name) => storage.run(name, () => who()));
      expect(await Promise.all(results)).toEqual(["first", "third", "third"]);
    }));
});

describe("flush()", () => {
  test("makes the call now, and gives what it gives", () =>
    withVirtualClock(async (clock) => {
      const { say, made } = debounced(100);
      const results = [say("a"), say("b")];
      expect(say.pending).toBe(2);
      expect(await say.flush()).toBe("B");
      expect([await Promise.all(results), clock.now()]).toEqual([["B", "B"], 0]);
      await clock.advance(200);
      expect(made).toEqual(["0 b"]);
      expect([say.pending, say.flush()]).toEqual([0, undefined]);
    }));

  test("is the way to a call that waits for ever", () =>
    withVirtualClock(async (clock) => {
      const { say } = debounced(Infinity);
      const result = say("a");
      await clock.advance(1e12);
      void say.flush();
      expect(await result).toBe("A");
    }));
});

describe("cancel()", () => {
  test("drops the call and rejects its callers with a ClosedError; the next call is served", () =>
    withVirtualClock(async (clock) => {
      const { say, made } = debounced(100);
      const outcomes = Promise.allSettled([say("a"), say("b")]);
      say.cancel();
      say.cancel();
      expect(say.pending).toBe(0);
      for (const outcome of await outcomes) {
        expect(outcome).toMatchObject({
          reason: new ClosedError("Cannot debounce: it was cancelled"),
        });
      }
      await clock.advance(200);
      expect([await say("c"), made]).toEqual(["C", ["300 c"]]);
    }));

  test("leaves a call that has begun alone", () =>
    withVirtualClock(async () => {
      const say = debounce(() => sleep(50).then(() => "done"), 100);
      const result = say();
      await sleep(120);
      say.cancel();
      expect(await result).toBe("done");
    }));

  test("pitfall 3: nobody has to hear of it", async () => {
    const unhandled = await unhandledDuring(() =>
      withVirtualClock(async () => {
        const { say } = debounced(100);
        void say("a");
        void say("b");
        say.cancel();
      }),
    );
    expect(unhandled).toEqual([]);
  });
});
