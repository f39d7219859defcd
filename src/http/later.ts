interface Macrotasks {
  setImmediate?: (fn: () => void) => unknown;
  setTimeout: (fn: () => void, ms: number) => unknown;
}

/**
 * Calls `fn` in a later turn of the event loop. By then an engine that has read a body to its end can use the
 * connection again: it would open another one for a request that comes sooner.
 */
export function later(fn: () => void): void {
  const platform = globalThis as unknown as Macrotasks;
  if (platform.setImmediate !== undefined) platform.setImmediate(fn);
  else platform.setTimeout(fn, 0);
}
