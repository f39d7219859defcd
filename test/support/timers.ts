import { vi } from "vitest";

/**
 * How many timers of the platform are still set after `fn`, of those that it has set. Others that live in
 * the process are not counted.
 */
export async function timersLeftBy(fn: () => Promise<unknown>): Promise<number> {
  const left = new Set<unknown>();
  const { setTimeout, clearTimeout } = globalThis;
  const set = vi.spyOn(globalThis, "setTimeout").mockImplementation(((
    fire: (...args: unknown[]) => void,
    ms: number,
    ...args: unknown[]
  ) => {
    const timer = setTimeout(() => {
      left.delete(timer);
      fire(...args);
    }, ms);
    left.add(timer);
    return timer;
  }) as never);
  const clear = vi.spyOn(globalThis, "clearTimeout").mockImplementation((timer) => {
    left.delete(timer);
    clearTimeout(timer);
  });
  try {
    await fn();
    return left.size;
  } finally {
    set.mockRestore();
    clear.mockRestore();
    for (const timer of left) clearTimeout(timer as never);
  }
}
