import { Condition, type HeldCondition } from "corral";

/** A condition, and sections that wait for it and note when they hold the lock again. */
export function waiters(): {
  condition: Condition;
  log: string[];
  wait: (name: string, then?: (held: HeldCondition) => unknown) => Promise<void>;
} {
  const condition = new Condition();
  const log: string[] = [];
  const wait = (name: string, then?: (held: HeldCondition) => unknown): Promise<void> =>
    condition.run(async (held) => {
      await held.wait();
      log.push(`${name}${condition.mutex.locked ? "" : " without the lock"}`);
      await then?.(held);
    });
  return { condition, log, wait };
}
