import { setImmediate as turn } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { Watch } from "../../src/channel/watch.ts";

const gc = (globalThis as { gc?: () => void }).gc!;

/** How many are still held, given some turns and collections. */
async function held(refs: readonly WeakRef<object>[]): Promise<number> {
  for (let i = 0; i < 10 && refs.some((ref) => ref.deref() !== undefined); i++) {
    await turn();
    gc();
  }
  return refs.filter((ref) => ref.deref() !== undefined).length;
}

describe("a watch holds nothing", () => {
  test("of values before the last one, though somebody waits and a reader has seen none", async () => {
    const watch = new Watch<object>({});
    const reader = watch.subscribe();
    void watch.waitFor(() => false);
    const refs: WeakRef<object>[] = [];
    const run = async (): Promise<void> => {
      for (let i = 0; i < 10; i++) {
        const value = { i };
        refs.push(new WeakRef(value));
        watch.set(value);
        await watch.waitFor(() => true);
      }
    };
    await run();
    expect(await held(refs)).toBe(1);
    expect(reader.hasChanged).toBe(true);
  });

  test("of readers that nobody holds, nor of predicates that were answered or cancelled", async () => {
    const watch = new Watch(0);
    const refs: WeakRef<object>[] = [];
    const run = async (): Promise<void> => {
      for (let i = 0; i < 10; i++) {
        const controller = new AbortController();
        const { signal } = controller;
        const predicate = (n: number): boolean => n > i;
        const reader = watch.subscribe();
        refs.push(new WeakRef(signal), new WeakRef(predicate), new WeakRef(reader));
        const waits = [
          watch.waitFor(predicate),
          watch.waitFor(() => false, { signal }),
          reader.changed(),
          reader.changed({ signal }),
        ];
        watch.set(i + 1);
        controller.abort();
        await Promise.allSettled(waits);
      }
      watch.set(100);
    };
    await run();
    expect(await held(refs)).toBe(0);
    expect(watch.stats().waiting).toBe(0);
  });
});
