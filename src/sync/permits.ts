import { ready } from "../internal/budget.ts";
import { runtime } from "../internal/runtime.ts";
import type { Clause } from "../cancel/clause.ts";
import { Section } from "../cancel/section.ts";
import type { WaitOptions } from "../cancel/sleep.ts";
import { placeOf, refusal, type Wait } from "../cancel/wait.ts";
import { Permit } from "./permit.ts";

/** A section that gives out permits, too. */
export class Permits extends Section {
  override admit(wait: Wait): Permit | undefined {
    return typeof wait.payload === "number" ? this.permit(wait.payload) : undefined;
  }

  override revoke(permit: object): void {
    (permit as Permit).take();
  }

  /** Makes a permit for places that were taken. */
  permit(weight: number): Permit {
    return new Permit(this, weight);
  }

  tryAcquire(weight: number): Permit | undefined {
    return this.enter(weight) ? this.permit(weight) : undefined;
  }

  /** Waits for a permit. Everything was checked. */
  acquire(action: string, options: WaitOptions | undefined, weight: number): Promise<Permit> {
    const signal = options?.signal;
    const place = placeOf(signal);
    const no = refusal(place, signal);
    if (no !== undefined) return no;
    const permit = this.tryAcquire(weight);
    if (permit !== undefined) return ready(permit);
    const wait = this.queue(place, signal, weight);
    runtime.detector?.waits(action, wait);
    return wait.promise as Promise<never>;
  }

  /** To be one clause of a `select`. */
  clause(weight: number): Clause<Permit> {
    return {
      line: this.line,
      payload: weight,
      take: () => {
        const value = this.tryAcquire(weight);
        return value && { value };
      },
      begun: () => this.handOver(),
      left: () => this.handOver(),
    };
  }
}
