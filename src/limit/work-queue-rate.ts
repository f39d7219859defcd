import { Wait } from "../cancel/wait.ts";
import type { RateLine } from "./rate-line.ts";

/** A place in the line of a rate limiter, of which the queue hears in the step in which it is let in. */
class Turn extends Wait {
  readonly #granted: () => void;

  constructor(line: RateLine, granted: () => void) {
    super(line.waits, 1);
    this.#granted = granted;
  }

  override commit(): void {
    this.#granted();
  }
}

/**
 * The rate at which the jobs of a queue begin. While it says wait, the queue has one place in the line of
 * the limiter, for whoever is next then; it takes nothing before a job begins.
 */
export class RateGate {
  readonly #line: RateLine;
  readonly #go: () => void;
  #turn: Turn | undefined = undefined;
  /** Whether it was let in, in this very step. */
  #granted = false;

  constructor(line: RateLine, go: () => void) {
    this.#line = line;
    this.#go = go;
  }

  /** When it was taken last. */
  get takenAt(): number {
    return this.#line.letInAt;
  }

  /** The job for which it was taken then does not begin. */
  giveBack(at: number): void {
    this.#line.giveBack({ weight: 1, at });
  }

  /** Takes one, if a job may begin now. */
  take(): boolean {
    if (!this.#granted) return this.#line.enter(1);
    this.#granted = false;
    return true;
  }

  /** Waits in the line of the limiter as long as there is a job that could begin but for the rate. */
  wait(isWanted: boolean): void {
    if (isWanted === (this.#turn !== undefined)) return;
    if (isWanted) {
      this.#turn = new Turn(this.#line, () => {
        this.#turn = undefined;
        this.#granted = true;
        const at = this.takenAt;
        this.#go();
        if (!this.#granted) return;
        // Who was to begin is seen to be cancelled just now.
        this.#granted = false;
        this.giveBack(at);
      });
      this.#line.join(this.#turn);
    } else {
      this.#line.leave(this.#turn!);
      this.#turn = undefined;
    }
  }
}
