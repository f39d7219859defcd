import { expect, test } from "vitest";
import { CancelScope, now } from "corral";
import { withVirtualClock } from "corral/testing";
import { endScope, openScope } from "../../src/cancel/scope-life.ts";
import { openNode } from "../../src/cancel/tree.ts";

test("the way up from forty levels of ended scopes whose parents cross is found at once", () => {
  const roots = [new CancelScope(), new CancelScope()] as const;
  for (const root of roots) openScope(root);
  let [left, right]: readonly [CancelScope, CancelScope] = roots;
  const ended: CancelScope[] = [];
  for (let level = 0; level < 40; level++) {
    const next = new CancelScope({ signal: right.signal });
    const beside = new CancelScope({ signal: left.signal });
    openScope(next, left);
    openScope(beside, right);
    ended.push(next, beside);
    [left, right] = [next, beside];
  }
  for (const scope of ended.toReversed()) endScope(scope);
  // Both roots are open, and neither can stand for the other.
  expect(openNode(left)).toBe(left);
  roots[1].cancel("one of them");
  expect(openNode(left)?.error?.reason).toBe("one of them");
  for (const root of roots) endScope(root);
});

test("a deadline set under another clock is on that clock", async () => {
  const scope = new CancelScope();
  await withVirtualClock(() =>
    scope.run(() => {
      scope.deadline = now() + 100;
      expect(scope.effectiveDeadline).toBe(100);
      scope.deadline = Infinity;
    }),
  );
});
