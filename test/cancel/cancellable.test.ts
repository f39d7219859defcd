import { expect } from "vitest";
import { cancellable, CancelScope } from "corral";
import { ambientTest } from "../support/mode.ts";

function members(scope: CancelScope): number {
  let count = 0;
  for (let member = scope.first; member !== undefined; member = member.after) count++;
  return count;
}

ambientTest(
  "cancellable() leaves nothing in a long-lived scope when it is cancelled, though its promise never settles (needs ambient scopes)",
  async () => {
    const life = new CancelScope();
    await life.run(async () => {
      for (let i = 0; i < 10; i++) {
        const controller = new AbortController();
        const wait = cancellable(() => new Promise<void>(() => {}), { signal: controller.signal });
        expect(members(life)).toBeGreaterThan(0);
        controller.abort(i);
        await expect(wait).rejects.toBe(i);
        expect(members(life)).toBe(0);
      }
    });
  },
);
