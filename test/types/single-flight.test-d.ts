import { expectTypeOf, test } from "vitest";
import { type CancelScope, SingleFlight, type SingleFlightStats } from "corral";

const flights = new SingleFlight<number, string>();

test("SingleFlight.run() takes its keys, and loads that give its values", () => {
  expectTypeOf(flights.run(1, () => "a")).toEqualTypeOf<Promise<string>>();
  expectTypeOf(flights.run(1, async () => "a")).toEqualTypeOf<Promise<string>>();
  void flights.run(
    1,
    (scope) => {
      expectTypeOf(scope).toEqualTypeOf<CancelScope>();
      return "a";
    },
    { signal: undefined },
  );
  // @ts-expect-error -- another key
  void flights.run("1", () => "a");
  // @ts-expect-error -- another value
  void flights.run(1, () => 1);
  // @ts-expect-error -- a promise has already started
  void flights.run(1, Promise.resolve("a"));
  // @ts-expect-error -- a signal is an option
  void flights.run(1, () => "a", new AbortController().signal);
  // @ts-expect-error -- no such option
  void flights.run(1, () => "a", { timeoutMs: 5 });
});

test("a SingleFlight says what is under way", () => {
  expectTypeOf(flights.has(1)).toEqualTypeOf<boolean>();
  expectTypeOf(flights.forget(1)).toEqualTypeOf<boolean>();
  expectTypeOf(flights.stats()).toEqualTypeOf<SingleFlightStats>();
  // @ts-expect-error -- figures of the moment
  flights.stats().loads = 1;
  // @ts-expect-error -- another key
  flights.has("1");
});

test("a SingleFlight takes options, those that are undefined too", () => {
  void new SingleFlight<string, void>();
  void new SingleFlight<string, void>({ keepAlive: true });
  void new SingleFlight<string, void>({ keepAlive: undefined });
  // @ts-expect-error -- a boolean
  void new SingleFlight<string, void>({ keepAlive: 1 });
  // @ts-expect-error -- no such option
  void new SingleFlight<string, void>({ max: 5 });
});
