import { expect, test } from "vitest";
import { cancellable, CancelScope } from "corral";
import { ambientTest } from "../support/mode.ts";
import { reportsDuring } from "../support/reports.ts";

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

test("cancellable() discards no value that its caller gets, and notes no error of which its caller hears", async () => {
  const discarded: unknown[] = [];
  const onDiscard = (value: unknown): unknown => discarded.push(value);
  const error = new Error("no");
  const reports = await reportsDuring(async () => {
    expect(await cancellable(Promise.resolve("value"), { onDiscard })).toBe("value");
    expect(await cancellable(() => "made", { onDiscard })).toBe("made");
    await expect(cancellable(Promise.reject(error), { onDiscard })).rejects.toBe(error);
    await expect(cancellable(() => Promise.reject(error), { onDiscard })).rejects.toBe(error);
  });
  expect([discarded, reports]).toEqual([[], []]);
});

test("cancellable() begins nothing where it is cancelled before, and has nothing to note", async () => {
  let begun = false;
  const work = (): void => void (begun = true);
  const reports = await reportsDuring(async () => {
    const call = cancellable(work, { signal: AbortSignal.abort("before") });
    await expect(call).rejects.toBe("before");
  });
  expect([begun, reports]).toEqual([false, []]);
});
