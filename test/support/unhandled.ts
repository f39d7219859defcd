import { runtime } from "../../src/internal/runtime.ts";
import { turn } from "./turn.ts";

/** A virtual clock, which is not to take the wait for the platform for the end of all work. */
interface WithOutside {
  external(promise: Promise<void>): Promise<void>;
}

/** The rejections that nobody has handled while `fn` ran, and by the end of some turns after it. */
export async function unhandledDuring(fn: () => unknown): Promise<unknown[]> {
  const unhandled: unknown[] = [];
  const add = (error: unknown): void => void unhandled.push(error);
  const others = process.listeners("unhandledRejection");
  process.removeAllListeners("unhandledRejection");
  process.on("unhandledRejection", add);
  try {
    await fn();
    // One turn is enough in Node, and not always in Bun.
    const told = turn();
    await ((runtime.clock as WithOutside | undefined)?.external(told) ?? told);
  } finally {
    process.off("unhandledRejection", add);
    for (const other of others) process.on("unhandledRejection", other);
  }
  return unhandled;
}
