import type { Permit, WaitOptions } from "corral";
import { type Deferred, deferred } from "../support/deferred.ts";
import { Callers } from "./callers.ts";
import type { Claim } from "./naive-lock.ts";

/** The lock that is tested. `W` is what callers want of it: a weight, a side, a key. */
export interface Subject<W> {
  acquire(want: W, options: WaitOptions): Promise<Permit>;
  tryAcquire(want: W): Permit | undefined;
  run(want: W, fn: () => Promise<void>, options: WaitOptions): Promise<void>;
  /** To be compared with the rules' figures. */
  figures(): unknown;
}

/** A lock, and those who use it. */
export class RealLock<W, S extends Subject<W> = Subject<W>> {
  readonly callers: Callers = new Callers();
  readonly permits: Map<number, Permit> = new Map();
  readonly running: Map<number, Deferred<void>> = new Map();
  readonly subject: S;

  constructor(subject: S) {
    this.subject = subject;
  }

  acquire({ id, want, from }: Claim<W>): void {
    const got = this.callers.in(from, (options) => this.subject.acquire(want, options));
    this.callers.listen(id, got, (permit) => {
      this.permits.set(id, permit);
      return "served";
    });
  }

  attempt({ id, want }: Claim<W>): string {
    try {
      const permit = this.subject.tryAcquire(want);
      if (permit === undefined) return "no";
      this.permits.set(id, permit);
      return "yes";
    } catch (error) {
      return (error as Error).name;
    }
  }

  run({ id, want, from }: Claim<W>): void {
    const body = (): Promise<void> => {
      const done = deferred();
      this.running.set(id, done);
      this.callers.order.push(id);
      return done.promise;
    };
    const ran = this.callers.in(from, (options) => this.subject.run(want, body, options));
    this.callers.listenLate(id, ran, () => "ran");
  }
}
