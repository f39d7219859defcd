import { expect, test } from "vitest";
import * as corral from "corral";
import * as testing from "corral/testing";

test("corral exports exactly these names", () => {
  expect(Object.keys(corral).toSorted()).toEqual([
    "CancelScope",
    "CancelledError",
    "ClosedError",
    "DeadlockError",
    "Task",
    "TaskGroup",
    "TimeoutError",
    "any",
    "cancellable",
    "checkpoint",
    "currentSignal",
    "detached",
    "failuresOf",
    "gather",
    "gatherSettled",
    "isCancellation",
    "limit",
    "main",
    "map",
    "moveOnAfter",
    "now",
    "race",
    "setAmbient",
    "shield",
    "sleep",
    "taskGroup",
    "timeout",
    "timeoutAt",
    "waitTree",
  ]);
});

test("corral/testing exports exactly these names", () => {
  expect(Object.keys(testing).toSorted()).toEqual(["withVirtualClock"]);
});
