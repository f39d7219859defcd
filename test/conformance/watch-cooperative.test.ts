import { Watch } from "corral";
import { setImmediate as turn } from "node:timers/promises";
import { expect } from "vitest";
import { behaviour } from "./behaviour.ts";

const area = "watch (tokio)";

/** Whether anybody else runs while something is done over and over. */
async function letsOthersRun(round: () => Promise<unknown>): Promise<boolean> {
  let others = false;
  void turn().then(() => (others = true));
  // More than the budget has operations, however little time they take.
  for (let rounds = 0; !others && rounds < 5_000; rounds++) await round();
  return others;
}

for (const [id, says, wait] of [
  [
    "receiver_changed_is_cooperative_ok",
    "a loop that sees each change at once lets others run",
    (watch: Watch<number>) => {
      const reader = watch.subscribe();
      watch.set(1);
      return reader.changed();
    },
  ],
  [
    "receiver_wait_for_is_cooperative_ok",
    "a loop that finds its value at once lets others run",
    (watch: Watch<number>) => watch.waitFor((value) => value === 0 || value === 1),
  ],
] as const) {
  behaviour({ area, id, says, verdict: "holds" }, async () => {
    const watch = new Watch(0);
    expect(await letsOthersRun(() => wait(watch))).toBe(true);
  });
}

for (const [id, says, wait] of [
  [
    "receiver_changed_is_cooperative",
    "a loop that waits for a change of a closed one, which fails at once, lets others run",
    (watch: Watch<number>) => watch.subscribe().changed(),
  ],
  [
    "receiver_wait_for_is_cooperative",
    "a loop that waits for a value of a closed one, which fails at once, lets others run",
    (watch: Watch<number>) => watch.waitFor((value) => value === 1),
  ],
] as const) {
  behaviour({ area, id, says, verdict: "holds" }, async () => {
    const watch = new Watch(0);
    watch.close();
    expect(await letsOthersRun(() => wait(watch).catch(() => {}))).toBe(true);
  });
}
