import { describe, expect, test } from "vitest";
import { CancelledError, ClosedError, DeadlockError, LaggedError, TimeoutError } from "corral";

describe("an error says what happened", () => {
  test.each([
    [new CancelledError(), "AbortError: The scope was cancelled"],
    [new CancelledError("enough"), "AbortError: The scope was cancelled: enough"],
    [new CancelledError(new Error("broken")), "AbortError: The scope was cancelled: broken"],
    [new CancelledError(5), "AbortError: The scope was cancelled"],
    [new TimeoutError(10), "TimeoutError: The operation timed out"],
    [new TimeoutError(10, 5.4), "TimeoutError: The operation timed out after 5 ms"],
    [new TimeoutError(10, undefined, "load"), 'TimeoutError: "load" timed out'],
    [new TimeoutError(10, 5, "load"), 'TimeoutError: "load" timed out after 5 ms'],
    [new LaggedError(1), "LaggedError: The subscription has missed 1 value"],
    [new LaggedError(2), "LaggedError: The subscription has missed 2 values"],
    [new ClosedError("no more"), "ClosedError: no more"],
    [new DeadlockError("stuck"), "DeadlockError: stuck"],
  ])("%#: %s", (error, text) => {
    expect(String(error)).toBe(text);
    expect(error).toBeInstanceOf(Error);
  });

  test("with its figures", () => {
    const reason = new Error("why");
    expect(new CancelledError(reason)).toMatchObject({ code: "ABORT_ERR", reason, cause: reason });
    expect(new TimeoutError(10, 5, "load")).toMatchObject({ deadline: 10, scopeName: "load" });
    expect(new LaggedError(3).missed).toBe(3);
  });
});

describe("instanceof", () => {
  const errors = [
    new CancelledError(),
    new TimeoutError(1),
    new ClosedError("closed"),
    new LaggedError(1),
    new DeadlockError("stuck"),
  ];

  test.each(errors.map((error) => [error.name, error] as const))(
    "tells %s from the others",
    (_, error) => {
      const Class = error.constructor as new () => Error;
      expect(errors.filter((other) => other instanceof Class)).toEqual([error]);
    },
  );

  test.each([undefined, null, 1, "text", {}, Object.create(null), new Error("other")])(
    "is false for %o",
    (value) => {
      expect(value instanceof ClosedError).toBe(false);
    },
  );

  test("is true for one of a class that extends one, and not the other way round", () => {
    class QueueClosed extends ClosedError {}
    const error = new QueueClosed("closed");
    expect([error instanceof ClosedError, error instanceof QueueClosed]).toEqual([true, true]);
    expect(new ClosedError("closed")).not.toBeInstanceOf(QueueClosed);
  });
});

test.each([CancelledError, TimeoutError, ClosedError, LaggedError, DeadlockError])(
  "the brand of %o is the same in every copy and version of the library",
  (Class) => {
    expect(Class.brand).toBe(`corral/${Class.name}`);
  },
);
