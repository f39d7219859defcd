import { setImmediate } from "node:timers/promises";

/** Lets all that is ready go on, also what the budget has put off for a turn of the event loop. */
export async function turn(): Promise<void> {
  for (let i = 0; i < 3; i++) await setImmediate();
}
