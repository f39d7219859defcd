import { setImmediate as turn } from "node:timers/promises";
import { runtime } from "../../src/internal/runtime.ts";

/** Until everything that is ready has been told, also what the budget has put off. */
export async function settle(): Promise<void> {
  do await turn();
  while (runtime.hop !== undefined);
}
