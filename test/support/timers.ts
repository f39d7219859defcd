import { vi } from "vitest";

/** The timers of the platform that are set from now on, and not by others that live in the process. */
export interface TimerWatch {
  /** How many of them are still set. */
  count(): number;
  /** How many of these keep the process alive. */
  live(): number;
  /** Clears what is still set. */
  stop(): void;
}

export function watchTimers(): TimerWatch {
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
  return {
    count: () => left.size,
    live: () => [...left].filter((timer) => (timer as NodeJS.Timeout).hasRef()).length,
    stop() {
      set.mockRestore();
      clear.mockRestore();
      for (const timer of left) clearTimeout(timer as never);
    },
  };
}

/** How many timers are still set after `fn`, of those that were set meanwhile. */
export async function timersLeftBy(fn: () => Promise<unknown>): Promise<number> {
  const timers = watchTimers();
  try {
    await fn();
    return timers.count();
  } finally {
    timers.stop();
  }
}
