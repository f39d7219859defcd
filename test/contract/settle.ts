import { setImmediate as turn } from "node:timers/promises";

/** Lets everything go on that can, also what comes after a hop of the budget. */
export async function settle(): Promise<void> {
  for (let i = 0; i < 4; i++) await turn();
}
