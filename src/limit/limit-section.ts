import { call, react } from "../internal/react.ts";
import { report, textOf } from "../cancel/report.ts";
import { Section } from "../cancel/section.ts";
import { attach, detach, Member, refused } from "../cancel/tree.ts";
import { grant, grantAll, isWaiting, park, placeOf, type Wait, WaitQueue } from "../cancel/wait.ts";

/** What becomes of a place when the call in it is cancelled and has not ended. */
export type OnTimeout = "hold" | "release";

/** A call that runs, as its scope sees it: one that is cancelled has become a zombie. */
class Running extends Member {
  readonly #section: LimitSection;
  #cancelled = false;

  constructor(section: LimitSection) {
    super();
    this.#section = section;
  }

  override reach(): void {
    if (this.#cancelled) return;
    this.#cancelled = true;
    this.#section.zombies++;
  }

  end(): void {
    detach(this);
    if (this.#cancelled) this.#section.zombies--;
  }
}

/** The places of a limit: it knows the calls that were cancelled and run on, and when it is idle. */
export class LimitSection extends Section {
  /** How many calls were cancelled, or have timed out, and have not ended. */
  zombies = 0;
  readonly idlers: WaitQueue<void>;
  readonly #onTimeout: OnTimeout;
  readonly #released: WaitQueue;

  constructor(
    concurrency: number,
    onTimeout: OnTimeout,
    target: { readonly name: string | undefined },
  ) {
    super(concurrency, "limit", target);
    this.#onTimeout = onTimeout;
    this.idlers = new WaitQueue<void>("limit idle", target);
    this.#released = new WaitQueue("limit call", target, (wait) => {
      this.zombies++;
      this.leave(wait.payload as number);
    });
  }

  override idle(): void {
    grantAll(this.idlers, undefined);
  }

  override start<T>(
    fn: () => T | PromiseLike<T>,
    weight: number,
    signal: AbortSignal | undefined,
  ): Promise<T> {
    const place = placeOf(signal);
    if (place === undefined) return super.start(fn, weight);
    if (this.#onTimeout === "release") return this.#startReleasing(fn, weight, place);
    const running = new Running(this);
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
    const wait = park(this.#released as WaitQueue<T>, place, undefined, weight);
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
      this.zombies--;
      return false;
    }
    this.leave(weight);
    return true;
  }
}
