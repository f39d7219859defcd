import { collect } from "./table.mjs";
import { nextTurn } from "./work.mjs";

/** Bytes of heap in use, after a full collection. */
export async function settledHeap() {
  for (let i = 0; i < 3; i++) await nextTurn();
  collect();
  collect();
  return process.memoryUsage().heapUsed;
}
