import { turn } from "./turn.ts";

const { gc } = globalThis as unknown as { gc: () => void };

/** How much of the heap is in use once everything that can be collected has been. */
export async function heap(): Promise<number> {
  for (let i = 0; i < 4; i++) {
    await turn();
    gc();
  }
  return process.memoryUsage().heapUsed;
}

/**
 * How many bytes a round leaves behind: of up to three rounds the least, and none more is made when one has left less
 * than `enough`. What the runtime keeps for itself, code and tables that have grown, comes once; a leak comes each time.
 */
export async function leastLeft(round: () => Promise<unknown>, enough: number): Promise<number> {
  let least = Infinity;
  for (let i = 0; i < 3 && least >= enough; i++) {
    const before = await heap();
    await round();
    least = Math.min(least, (await heap()) - before);
  }
  return least;
}
