import { describe, expect, test } from "vitest";
import { CancelScope, TimeoutError } from "corral";
import { isOutOfTime, outOfTime } from "../../src/cancel/out-of-time.ts";
import { endScope, openScope } from "../../src/cancel/scope-life.ts";

/** An open scope in another one, by its signal. */
function open(deadline: number, outer?: CancelScope, shield = false): CancelScope {
  const scope = new CancelScope({
    deadline,
    shield,
    name: `until ${deadline}`,
    ...(outer === undefined ? {} : { signal: outer.signal }),
  });
  openScope(scope);
  return scope;
}

describe("outOfTime()", () => {
  test("is the timeout of the outermost scope that has the deadline", () => {
    const outer = open(5_000_000);
    const middle = open(5_000_000, outer);
    const inner = open(9_000_000, middle);
    const error = outOfTime(5_000_000, [inner]);
    expect(error).toBeInstanceOf(TimeoutError);
    expect(error).toMatchObject({ deadline: 5_000_000, scopeName: "until 5000000" });
    expect([outer, middle, inner].map((scope) => isOutOfTime(scope, error))).toEqual([
      true,
      false,
      false,
    ]);
    for (const scope of [inner, middle, outer]) endScope(scope);
  });

  test("does not look past a shield, nor at a scope that has ended", () => {
    const outer = open(5_000_000);
    const shielded = open(9_000_000, outer, true);
    const past = outOfTime(5_000_000, [undefined, shielded]);
    expect([past.scopeName, isOutOfTime(outer, past)]).toEqual([undefined, false]);
    endScope(shielded);
    endScope(outer);
    const late = outOfTime(5_000_000, [outer]);
    expect([late.scopeName, isOutOfTime(outer, late)]).toEqual([undefined, false]);
  });

  test("is no scope's for any other error", () => {
    const scope = open(5_000_000);
    for (const error of [new Error("no"), undefined, null, "text"]) {
      expect(isOutOfTime(scope, error)).toBe(false);
    }
    endScope(scope);
  });
});
