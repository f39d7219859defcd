import { call, react } from "../internal/react.ts";
import { runtime } from "../internal/runtime.ts";
import { within } from "../cancel/ambient.ts";
import { now } from "../cancel/clock.ts";
import { currentFrame } from "../cancel/frame.ts";
import { isOurs } from "../cancel/ownership.ts";
import { nodeOf } from "../cancel/signal-hub.ts";
import type { ScopeNode } from "../cancel/tree.ts";
import { placeOf, WaitQueue } from "../cancel/wait.ts";
import { LimitSection } from "./limit-section.ts";

/** How a call has ended. */
export type Ended = "success" | "cancelled" | { readonly error: unknown };

/** Told of each call under an adaptive limit, while it still holds its place. */
export interface Observer {
  begin(): void;
  end(how: Ended, rttMs: number, atMs: number, inFlight: number): void;
}

/** The places of an adaptive limit: all calls in them are timed. */
export class AdaptiveSection extends LimitSection {
  readonly #observer: Observer;

  constructor(
    concurrency: number,
    target: { readonly name: string | undefined },
    observer: Observer,
  ) {
    super(concurrency, "limit", {
      zombies: 0,
      onTimeout: "hold",
      idlers: new WaitQueue<void>("limit idle", target),
    });
    this.#observer = observer;
  }

  /**
   * For a proof of a deadlock: however many there were once, they come back only when a call ends that
   * holds one.
   */
  override get most(): number {
    return Math.max(this.held, this.total);
  }

  override start<T>(
    fn: () => T | PromiseLike<T>,
    weight: number,
    signal: AbortSignal | undefined,
  ): Promise<T> {
    const place = placeOf(signal);
    return super.start(() => this.#time(fn, place, signal), weight, signal);
  }

  #time<T>(
    fn: () => T | PromiseLike<T>,
    place: ScopeNode | undefined,
    signal: AbortSignal | undefined,
  ): Promise<T> {
    const { clock } = runtime;
    const { held } = this;
    this.#observer.begin();
    const begunMs = now();
    const end = (how: Ended): void => {
      // Times of two clocks do not compare: a test has begun or ended meanwhile.
      if (clock !== runtime.clock) return;
      const atMs = now();
      const inFlight = Math.max(held, this.held);
      const tell = (): void => this.#observer.end(how, atMs - begunMs, atMs, inFlight);
      // Functions of the user are called in it: what they wait for is no longer what the call waits for.
      const node = currentFrame()?.node;
      if (node === undefined) tell();
      else within(node, tell);
    };
    return react(
      call(fn),
      (value) => {
        end("success");
        return value;
      },
      (error) => {
        end(isCallers(place, signal, error) ? "cancelled" : { error });
        throw error;
      },
    );
  }
}

/** Whether a rejection is the cancellation of who has made the call. */
function isCallers(
  place: ScopeNode | undefined,
  signal: AbortSignal | undefined,
  error: unknown,
): boolean {
  if (place !== undefined && isOurs(place, error)) return true;
  if (signal?.aborted !== true) return false;
  const node = nodeOf(signal);
  return node !== undefined && isOurs(node, error);
}
