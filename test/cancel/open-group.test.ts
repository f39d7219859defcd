import { afterEach, beforeEach, describe, expect, test, vi, type MockInstance } from "vitest";
import { CancelScope, now, shield, sleep, TaskGroup, taskGroup } from "corral";
import { withVirtualClock } from "corral/testing";
import { at } from "../support/mode.ts";

let warn: MockInstance<typeof console.warn>;

beforeEach(() => {
  warn = vi.spyOn(console, "warn").mockImplementation(() => {});
});

afterEach(() => {
  warn.mockRestore();
});

function warnings(): string[] {
  return warn.mock.calls.map((call) => String(call[0]));
}

describe("a group that is still open when the scope around it ends", () => {
  test("is cancelled, awaited and reported", () =>
    withVirtualClock(async () => {
      const ended: string[] = [];
      const scope = new CancelScope();
      const value = await scope.run(() => {
        const group = new TaskGroup({ ...at(scope), name: "left open" });
        group.spawn(async (task) => {
          try {
            await sleep(Infinity, at(task.scope));
          } finally {
            await shield((cleanup) => sleep(5, at(cleanup)), { timeoutMs: 100 });
            ended.push(`child at ${now()}`);
          }
        });
        return "value";
      });
      expect(value).toBe("value");
      expect(ended).toEqual(["child at 5"]);
      expect(scope.cancelled).toBe(false);
      expect(warnings()).toEqual([expect.stringContaining("left open was still open")]);
    }));

  test("is so too when the scope's function fails; its error comes out", () =>
    withVirtualClock(async () => {
      const failure = new Error("failed");
      const scope = new CancelScope();
      let size = 1;
      const run = scope.run(() => {
        const group = new TaskGroup(at(scope));
        group.spawn((task) =>
          sleep(Infinity, at(task.scope)).finally(() => {
            size = 0;
          }),
        );
        throw failure;
      });
      await expect(run).rejects.toBe(failure);
      expect(size).toBe(0);
      expect(warnings()).toHaveLength(1);
    }));

  test("is so at the end of a child, and of a task group's body", () =>
    withVirtualClock(async () => {
      const ended: string[] = [];
      const leaveOpen = (name: string, scope: CancelScope): void => {
        const group = new TaskGroup({ ...at(scope), name });
        group.spawn((task) =>
          sleep(Infinity, at(task.scope)).finally(() => {
            ended.push(name);
          }),
        );
      };
      await taskGroup(async (group) => {
        const child = group.spawn((task) => leaveOpen("in a child", task.scope));
        await child.wait(at(group.scope));
        expect(ended).toEqual(["in a child"]);
        leaveOpen("in the body", group.scope);
      });
      expect(ended).toEqual(["in a child", "in the body"]);
      expect(warnings()).toHaveLength(2);
    }));

  test("is not reported when its block was left", () =>
    withVirtualClock(async () => {
      const scope = new CancelScope();
      await scope.run(async () => {
        const group = new TaskGroup(at(scope));
        group.spawn((task) => sleep(5, at(task.scope)));
        await group.join();
        await group[Symbol.asyncDispose]();
      });
      expect(warnings()).toEqual([]);
    }));
});
