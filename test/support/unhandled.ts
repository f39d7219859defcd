import { setImmediate as turn } from "node:timers/promises";

/** The rejections that nobody has handled while `fn` ran, and by the end of the turn after it. */
export async function unhandledDuring(fn: () => unknown): Promise<unknown[]> {
  const unhandled: unknown[] = [];
  const add = (error: unknown): void => void unhandled.push(error);
  const others = process.listeners("unhandledRejection");
  process.removeAllListeners("unhandledRejection");
  process.on("unhandledRejection", add);
  try {
    await fn();
    await turn();
  } finally {
    process.off("unhandledRejection", add);
    for (const other of others) process.on("unhandledRejection", other);
  }
  return unhandled;
}
