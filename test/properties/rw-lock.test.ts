import fc from "fast-check";
import { expect, test } from "vitest";
import { type Permit, RwLock, type WaitOptions, type WritePermit } from "corral";
import { command } from "./command.ts";
import { agreeOnLock } from "./lock-commands.ts";
import type { NaiveLock, Rules } from "./naive-lock.ts";
import type { RealLock, Subject } from "./real-lock.ts";

type Side = "read" | "write";

const rules: Rules<Side> = {
  fits: (side, holders) => (side === "write" ? holders.length === 0 : !holders.includes("write")),
  related: () => true,
  figures: (holders, line) => ({
    readers: holders.filter(({ want }) => want === "read").length,
    writing: holders.some(({ want }) => want === "write"),
    waiting: line.length,
  }),
};

class Real implements Subject<Side> {
  readonly #lock = new RwLock();

  acquire(side: Side, options: WaitOptions): Promise<Permit> {
    return this.#lock[side].acquire(options);
  }

  tryAcquire(side: Side): Permit | undefined {
    return this.#lock[side].tryAcquire();
  }

  run(side: Side, fn: () => Promise<void>, options: WaitOptions): Promise<void> {
    return this.#lock[side].run(fn, options);
  }

  figures(): unknown {
    return this.#lock.stats();
  }
}

function downgrade(model: NaiveLock<Side>, real: RealLock<Side, Real>): void {
  const writer = model.started(false).find(({ want }) => want === "write");
  if (writer === undefined) return;
  const reader = model.claim("read", writer.from, false);
  reader.started = true;
  model.holders = [reader];
  model.handOver();
  const permit = real.permits.get(writer.id) as WritePermit;
  real.permits.set(reader.id, permit.downgrade());
  expect(() => permit.downgrade()).toThrow(TypeError);
}

test("RwLock agrees with a naive list: who is in, order, nobody forgotten, nothing retained", async () => {
  await agreeOnLock<undefined, Side, Real>({
    start: fc.constant(undefined),
    rules: () => rules,
    subject: () => new Real(),
    wants: fc.constantFrom("read", "read", "write"),
    more: [command("downgrade", fc.constant(""), downgrade)],
  });
});
