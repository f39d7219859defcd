import { checkMs, checkOptions } from "../internal/arguments.ts";
import { passed } from "../internal/budget.ts";
import { runtime, type Timer } from "../internal/runtime.ts";
import { setTimer } from "../cancel/clock.ts";
import { ClosedError } from "../cancel/errors.ts";
import type { ScopeNode } from "../cancel/tree.ts";
import { grant, grantAll, park, placeOf, type Wait, WaitQueue } from "../cancel/wait.ts";
import type { ShutdownOptions } from "./work-queue-options.ts";
import type { WorkSection } from "./work-queue-section.ts";

const SHUT = "shut down a work queue";

/** Those who wait until nothing runs: a proof takes them for one who waits for all places. */
class IdleLine extends WaitQueue<void> {
  readonly slots: WorkSection;

  constructor(section: WorkSection, target: object) {
    super("work queue idle", target);
    this.slots = section;
  }
}

/** A time of grace, after which all is cancelled. */
interface Grace {
  readonly reason: unknown;
  timer: Timer | undefined;
}

/** No more steps than these lie between the end of a job and who awaits its result. */
const STEPS = 8;

/** Waits until all who await what has ended by now have heard of it. */
async function told(): Promise<void> {
  await runtime.hop;
  // Not by the results: nobody would learn then that a rejection of theirs is not handled.
  for (let i = 0; i < STEPS; i++) await Promise.resolve();
}

/** How a queue comes to its end, or to rest. */
export class Endings {
  /** Whether nothing is added any more. */
  closed = false;
  readonly #section: WorkSection;
  readonly #idlers: IdleLine;
  readonly #graces: WaitQueue<void>;
  /** How often it has come to rest. */
  #rests = 0;

  constructor(section: WorkSection, target: object) {
    this.#section = section;
    this.#idlers = new IdleLine(section, target);
    this.#graces = new WaitQueue<void>("work queue grace", target, (wait) => {
      const { timer, reason } = wait.payload as Grace;
      timer?.cancel();
      // The cancellation that has ended it is still on its way through the tree.
      queueMicrotask(() => this.#force(reason));
    });
  }

  /** Waits until nothing runs and nothing waits. */
  onIdle(
    action: string,
    place: ScopeNode | undefined,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    if (this.#section.isIdle) return passed();
    const wait = park(this.#idlers, place, signal, Infinity);
    runtime.detector?.waits(action, wait);
    return wait.promise;
  }

  /** Nothing runs and nothing waits. */
  idle(): void {
    for (let wait = this.#graces.first; wait !== undefined; wait = this.#graces.first) {
      (wait.payload as Grace).timer?.cancel();
      grant(wait, undefined);
    }
    if (this.#idlers.length === 0) return;
    const rest = ++this.#rests;
    void told().then(() => {
      if (rest === this.#rests && this.#section.isIdle) grantAll(this.#idlers, undefined);
    });
  }

  /** Closes the queue, and gives the work some time before it is cancelled. */
  shutdown(options: ShutdownOptions): Promise<void> {
    checkOptions(SHUT, options);
    const { graceMs, reason, signal } = options ?? {};
    checkMs(SHUT, "graceMs", graceMs);
    const place = placeOf(signal);
    this.closed = true;
    const idle = this.onIdle(SHUT, undefined, undefined);
    if (this.#section.isIdle) return idle;
    if (graceMs <= 0 || place?.error !== undefined || signal?.aborted === true) this.#force(reason);
    else this.#grant(graceMs, reason, place, signal);
    return idle;
  }

  #grant(
    ms: number,
    reason: unknown,
    place: ScopeNode | undefined,
    signal: AbortSignal | undefined,
  ): void {
    const grace: Grace = { reason, timer: undefined };
    const wait: Wait<void> = park(this.#graces, place, signal, grace);
    if (ms === Infinity) return;
    const over = (late: Wait<void>): void => {
      if (grant(late, undefined)) this.#force(reason);
    };
    grace.timer = setTimer(ms, over, wait, wait.owner?.daemon === true ? "daemon" : "live");
  }

  #force(reason: unknown): void {
    const error = (): ClosedError => {
      const message = "Cannot run a job: the work queue was shut down";
      return new ClosedError(message, reason === undefined ? undefined : { cause: reason });
    };
    this.#section.shut(error, reason === undefined ? "the work queue was shut down" : reason);
  }
}
