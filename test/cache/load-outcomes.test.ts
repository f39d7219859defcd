// What a load gives arrives as it is at everybody who waits, whatever it is.
import { runInNewContext } from "node:vm";
import { describe, expect, test } from "vitest";
import { CancelledError, CancelScope, memoize, memoizeMethod, SingleFlight } from "corral";
import { settle } from "../support/settle.ts";
import { unhandledDuring } from "../support/unhandled.ts";
import { outcomeOf } from "./flights.ts";

type Load = () => unknown;
type Call = (options?: { readonly signal?: AbortSignal }) => Promise<unknown>;

const subjects: Record<string, (load: Load) => Call> = {
  "SingleFlight.run()": (load) => {
    const flights = new SingleFlight<string, unknown>();
    return (options) => flights.run("key", load, options);
  },
  "SingleFlight.run() with keepAlive": (load) => {
    const flights = new SingleFlight<string, unknown>({ keepAlive: true });
    return (options) => flights.run("key", load, options);
  },
  "a memoized function": (load) => memoize((_options?: object) => load()),
  "a memoized method": (load) => {
    const it = { load: memoizeMethod((_options?: object) => load()) };
    return (...args) => it.load(...args);
  },
};

const odd = [undefined, null, 0, "", false, Number.NaN, "str", {}, Symbol("odd")];

/** A promise that is none of this realm's, and a value that only looks like one. */
function thenable(
  settles: (resolve: (value: unknown) => void, reject: (error: unknown) => void) => void,
): object {
  // oxlint-disable-next-line unicorn/no-thenable -- what this is about
  return { then: settles };
}

describe.each(Object.entries(subjects))("%s", (_, open) => {
  /** The outcome for one with a signal, and for two without: all the same. */
  async function outcome(load: Load): Promise<unknown> {
    let loads = 0;
    const call = open(() => {
      loads++;
      return load();
    });
    const calls = [call({ signal: new AbortController().signal }), call(), call()];
    const all = await Promise.all(calls.map((each) => outcomeOf(each)));
    expect(loads).toBe(1);
    for (const one of all) expect(one).toEqual(all[0]);
    return all[0];
  }

  test.each(odd)("pitfall 17: gives all who wait the very rejection %o", async (error) => {
    const call = open(() => settle().then(() => Promise.reject(error)));
    const reasons: unknown[] = [];
    const calls = [call(), call({ signal: new AbortController().signal }), call()];
    for (const each of calls) each.catch((reason: unknown) => reasons.push(reason));
    await Promise.allSettled(calls);
    expect(reasons).toHaveLength(3);
    for (const reason of reasons) expect(reason).toBe(error);
  });

  test.each(odd)("gives all who wait the very value %o", async (value) => {
    expect(await outcome(() => value)).toBe(value);
    expect(await outcome(async () => value)).toBe(value);
  });

  test("pitfall 18: takes a load that returns or throws at once", async () => {
    const error = new Error("at once");
    expect(await outcome(() => "value")).toBe("value");
    expect(await outcome(() => undefined)).toBeUndefined();
    const fail = (): never => {
      throw error;
    };
    expect(await outcome(fail)).toEqual({ reason: error });
  });

  test("pitfall 18: takes a load that returns a thenable", async () => {
    const error = new Error("thenable");
    expect(await outcome(() => thenable((resolve) => resolve("value")))).toBe("value");
    expect(await outcome(() => thenable((_resolve, reject) => reject(error)))).toEqual({
      reason: error,
    });
    const throwing = thenable(() => {
      throw error;
    });
    expect(await outcome(() => throwing)).toEqual({ reason: error });
    const twice = thenable((resolve, reject) => {
      resolve("first");
      reject(error);
    });
    expect(await outcome(() => twice)).toBe("first");
  });

  test("pitfall 18: takes a load that returns a promise of another realm", async () => {
    expect(await outcome(() => runInNewContext('Promise.resolve("value")'))).toBe("value");
    expect(await outcome(() => runInNewContext('Promise.reject("no")'))).toEqual({ reason: "no" });
  });

  test("takes a load whose promise carries a then() of its own", async () => {
    const then = {
      value: () => {
        throw new Error("not called");
      },
    };
    // oxlint-disable-next-line unicorn/no-thenable -- what this is about
    const load = (): unknown => Object.defineProperty(Promise.resolve("value"), "then", then);
    expect(await outcome(load)).toBe("value");
  });

  test("keeps no failure: the next call loads anew", async () => {
    let loads = 0;
    const call = open(() => (++loads < 3 ? Promise.reject(new Error(`no ${loads}`)) : "value"));
    await expect(call()).rejects.toThrow("no 1");
    await expect(call()).rejects.toThrow("no 2");
    expect([await call(), loads]).toEqual(["value", 3]);
  });

  test("passes on an error that looks like a cancellation, though nothing was cancelled", async () => {
    const other = new CancelScope();
    other.cancel("other");
    const errors = [
      new CancelledError("mine"),
      other.signal.reason as unknown,
      new DOMException("aborted", "AbortError"),
      new DOMException("late", "TimeoutError"),
    ];
    for (const error of errors) {
      const call = open(() => Promise.reject(error));
      for (const each of [call(), call()]) {
        expect((await outcomeOf(each)) as { reason: unknown }).toHaveProperty("reason", error);
      }
    }
  });

  test("pitfall 9: is an unhandled rejection only for a call that nobody handles", async () => {
    const error = new Error("no");
    const fail = (): Promise<never> => settle().then(() => Promise.reject(error));
    const handled = await unhandledDuring(async () => {
      const call = open(fail);
      await Promise.allSettled([call(), call({ signal: new AbortController().signal })]);
    });
    expect(handled).toEqual([]);
    const ignored = await unhandledDuring(async () => {
      const call = open(fail);
      void call({ signal: new AbortController().signal });
      void call({ signal: new AbortController().signal });
      await call().catch(() => {});
      await settle();
    });
    expect(ignored).toEqual([error, error]);
  });

  test("pitfall 9: is no unhandled rejection when all have left, and the load fails later", async () => {
    const unhandled = await unhandledDuring(async () => {
      for (const error of [new Error("late"), undefined]) {
        const controller = new AbortController();
        const call = open(() => settle().then(() => Promise.reject(error)));
        void call({ signal: controller.signal });
        void call({ signal: controller.signal });
        await Promise.resolve();
        controller.abort("gone");
        await settle();
        await settle();
      }
    });
    expect(unhandled).toEqual([]);
  });
});
