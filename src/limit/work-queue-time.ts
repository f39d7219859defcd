import { runtime } from "../internal/runtime.ts";
import { now } from "../cancel/clock.ts";

/** The time by which jobs age. It never goes back, also when a clock of a test comes or goes. */
export class AgeingTime {
  #clock: object | undefined = runtime.clock;
  #offset = 0;
  #last = 0;

  /** `time` of the current clock, as a time to age by. */
  of(time: number): number {
    if (this.#clock !== runtime.clock) {
      this.#clock = runtime.clock;
      this.#offset = this.#last - time;
    }
    return (this.#last = time + this.#offset);
  }
}

/** How long ago that was; not less than nothing, also when it is a time of another clock. */
export function ageOf(since: number): number {
  return Math.max(0, now() - since);
}
