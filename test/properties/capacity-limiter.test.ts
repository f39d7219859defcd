import fc from "fast-check";
import { test } from "vitest";
import { CapacityLimiter, type Permit, type WaitOptions } from "corral";
import { command } from "./command.ts";
import { agreeOnLock } from "./lock-commands.ts";
import type { Claim, NaiveLock, Rules } from "./naive-lock.ts";
import type { RealLock, Subject } from "./real-lock.ts";

const MOST = 3;
const total = fc.integer({ min: 0, max: MOST });

/** Each key holds one of so many, or waits for one. */
class Borrowing implements Rules<string> {
  total: number;

  constructor(permits: number) {
    this.total = permits;
  }

  fits(_key: string, holders: readonly string[]): boolean {
    return holders.length < this.total;
  }

  related(): boolean {
    return true;
  }

  refuses(key: string, all: readonly Claim<string>[]): string | undefined {
    return all.some(({ want }) => want === key) ? "TypeError" : undefined;
  }

  figures(holders: readonly Claim<string>[], line: readonly Claim<string>[]): unknown {
    // A place is handed over before its function begins, and has no owner until then.
    const owners = holders.filter(({ runs, started }) => !runs || started);
    return {
      owners: new Set(owners.map(({ want }) => want)),
      stats: { total: this.total, borrowed: holders.length, waiting: line.length },
    };
  }
}

class Real implements Subject<string> {
  readonly limiter: CapacityLimiter;

  constructor(permits: number) {
    this.limiter = new CapacityLimiter(permits);
  }

  acquire(key: string, options: WaitOptions): Promise<Permit> {
    return this.limiter.acquire({ ...options, key });
  }

  tryAcquire(key: string): Permit | undefined {
    return this.limiter.tryAcquire({ key });
  }

  run(key: string, fn: () => Promise<void>, options: WaitOptions): Promise<void> {
    return this.limiter.run(fn, { ...options, key });
  }

  figures(): unknown {
    return { owners: new Set(this.limiter.owners), stats: this.limiter.stats() };
  }
}

function change(model: NaiveLock<string>, real: RealLock<string, Real>, to: number): void {
  (model.rules as Borrowing).total = to;
  model.handOver();
  real.subject.limiter.total = to;
}

test("CapacityLimiter agrees with a naive list: borrowers, order, nobody forgotten, nothing retained", async () => {
  await agreeOnLock<number, string, Real>({
    start: total,
    rules: (permits) => new Borrowing(permits),
    subject: (permits) => new Real(permits),
    wants: fc.constantFrom("a", "b", "c", "d", "e", "f"),
    more: [command("total", total, change)],
    open: (model, real) => change(model, real, MOST),
  });
});
