import { runtime, type Timer } from "../internal/runtime.ts";
import { now, setTimer } from "../cancel/clock.ts";

/** The keys of which it says when they have waited long enough. */
interface Keys {
  readonly first: { readonly order: number; readonly due: number } | undefined;
  readonly count: number;
}

/** How long keys are collected: for the rest of the turn of the event loop, or for some time. */
export class BatchWindow {
  readonly #ms: number;
  readonly #keys: Keys;
  readonly #over: () => void;
  /** Keys up to this one have waited long enough. */
  #released = 0;
  #ticking = false;
  #timer: Timer | undefined = undefined;
  /** What it was set for; the first key may be another one by now, and due later. */
  #timerDue = 0;
  /** Whether only daemons wait for what is collected. */
  #daemon = true;
  #clock: object | undefined = runtime.clock;

  /** @param over Called when the first key has waited long enough. */
  constructor(ms: number, keys: Keys, over: () => void) {
    this.#ms = ms;
    this.#keys = keys;
    this.#over = over;
  }

  /** When a key that comes now has waited long enough; `Infinity` where no time says it. */
  dueNow(): number {
    if (this.#clock !== runtime.clock) {
      // The times of another clock, a test's, say nothing about this one's.
      this.#clock = runtime.clock;
      this.#stop();
      this.release();
      this.#over();
    }
    return this.#ms > 0 ? now() + this.#ms : Infinity;
  }

  /** Whether the first key has waited long enough. */
  get isOver(): boolean {
    const { first } = this.#keys;
    if (first === undefined) return false;
    return first.order <= this.#released || (first.due < Infinity && first.due <= now());
  }

  /** The keys of the moment have waited long enough. */
  release(): void {
    this.#released = this.#keys.count;
  }

  /** Somebody waits for one of the keys. */
  joined(daemon: boolean): void {
    if (this.#daemon && !daemon) {
      this.#daemon = false;
      this.#stop();
    }
    this.update();
  }

  /** Looks at the keys again, since one has come or gone. */
  update(): void {
    const { first, count } = this.#keys;
    if (first === undefined) {
      this.#stop();
      this.#daemon = true;
    } else if (this.#ms <= 0) {
      if (this.#ticking || count <= this.#released) return;
      this.#ticking = true;
      runtime.later(() => {
        this.#ticking = false;
        this.release();
        this.#over();
      });
    } else if (this.#timer === undefined && first.order > this.#released && first.due < Infinity) {
      this.#timerDue = first.due;
      const kind = this.#daemon ? "daemon" : "live";
      this.#timer = setTimer(first.due - now(), BatchWindow.#expired, this, kind);
    }
  }

  static #expired(this: void, window: BatchWindow): void {
    window.#timer = undefined;
    const { first } = window.#keys;
    // A timer that fired for its full delay is the expiry, even if the clock says a moment less.
    if (first !== undefined && first.due <= window.#timerDue) {
      window.#released = Math.max(window.#released, first.order);
      window.#over();
    }
    window.update();
  }

  #stop(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }
}
