import { seen } from "../internal/arguments.ts";
import { call, react } from "../internal/react.ts";
import { ClosedError } from "../cancel/errors.ts";
import { report, textOf } from "../cancel/report.ts";
import { Section } from "../cancel/section.ts";
import { attach, detach, Member, refused } from "../cancel/tree.ts";
import {
  fail,
  grant,
  grantAll,
  isWaiting,
  park,
  placeOf,
  type Wait,
  WaitQueue,
} from "../cancel/wait.ts";

/** What becomes of a place when the call in it is cancelled and has not ended. */
export type OnTimeout = "hold" | "release";

/**
 * What options say about it: `"hold"` if nothing.
 *
 * @throws {TypeError} If it is neither.
 */
export function onTimeoutIn(
  action: string,
  options: { onTimeout?: OnTimeout | undefined } | undefined,
): OnTimeout {
  const onTimeout: unknown = options?.onTimeout ?? "hold";
  if (onTimeout !== "hold" && onTimeout !== "release") {
    throw new TypeError(
      `Cannot ${action}: "onTimeout" must be "hold" or "release", received ${seen(onTimeout)}`,
    );
  }
  return onTimeout;
}

/** What is known of the calls of a limit, whichever of its places they are in. */
export interface Calls {
  /** How many were cancelled, or have timed out, and have not ended. */
  zombies: number;
  readonly onTimeout: OnTimeout;
  /** Who waits until nothing runs and nothing waits in line. */
  readonly idlers: WaitQueue<void>;
}

/** A call that runs, as its scope sees it: one that is cancelled has become a zombie. */
class Running extends Member {
  readonly #calls: Calls;
  #cancelled = false;

  constructor(calls: Calls) {
    super();
    this.#calls = calls;
  }

  override reach(): void {
    if (this.#cancelled) return;
    this.#cancelled = true;
    this.#calls.zombies++;
  }

  end(): void {
    detach(this);
    if (this.#cancelled) this.#calls.zombies--;
  }
}

/** Places of a limit: they know the calls that were cancelled and run on, and when they are idle. */
export class LimitSection extends Section {
  readonly calls: Calls;

  constructor(concurrency: number, kind: string, calls: Calls) {
    super(concurrency, kind, calls.idlers.target);
    this.calls = calls;
  }

  override idle(): void {
    grantAll(this.calls.idlers, undefined);
  }

  /** Rejects all that wait in line. */
  clear(action: string): void {
    const { line } = this;
    for (let wait = line.first; wait !== undefined; wait = line.first) {
      fail(wait, new ClosedError(`Cannot ${action}: the line was cleared`));
    }
  }

  override start<T>(
    fn: () => T | PromiseLike<T>,
    weight: number,
    signal: AbortSignal | undefined,
  ): Promise<T> {
    const place = placeOf(signal);
    if (place === undefined) return super.start(fn, weight);
    if (this.calls.onTimeout === "release") return this.#startReleasing(fn, weight, place);
    const running = new Running(this.calls);
    attach(place, running);
    // Around the function, not its result: whether that is handled is the caller's business.
    const watched = (): Promise<T> =>
      react(
        call(fn),
        (value) => {
          running.end();
          return value;
        },
        (error) => {
          running.end();
          throw error;
        },
      );
    return super.start(watched, weight);
  }

  /** The call answers a cancellation at once, and gives its place back; what it leaves behind runs on. */
  #startReleasing<T>(
    fn: () => T | PromiseLike<T>,
    weight: number,
    place: NonNullable<ReturnType<typeof placeOf>>,
  ): Promise<T> {
    const released = new WaitQueue<T>("limit call", this.line.target, () => {
      this.calls.zombies++;
      this.leave(weight);
    });
    const wait = park(released, place, undefined);
    void react(
      call(fn),
      (value) => {
        if (this.#end(wait, weight)) grant(wait, value);
      },
      (error) => {
        if (this.#end(wait, weight)) grant(wait, refused(error));
        else {
          report("note", {
            kind: "late-rejection",
            message: `A call rejected after its place was given back: ${textOf(error)}`,
            detail: error,
          });
        }
      },
    );
    return wait.promise;
  }

  #end<T>(wait: Wait<T>, weight: number): boolean {
    if (!isWaiting(wait)) {
      this.calls.zombies--;
      return false;
    }
    this.leave(weight);
    return true;
  }
}
