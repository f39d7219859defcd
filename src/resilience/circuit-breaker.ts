import { checkFunction, checkOptions } from "../internal/arguments.ts";
import { rejected } from "../internal/budget.ts";
import { react } from "../internal/react.ts";
import { runtime } from "../internal/runtime.ts";
import { callback } from "../cancel/callback.ts";
import { now } from "../cancel/clock.ts";
import { isOurs } from "../cancel/ownership.ts";
import { CancelScope } from "../cancel/scope.ts";
import { checkSignal } from "../cancel/signal-hub.ts";
import { placeOf, refusal } from "../cancel/wait.ts";
import { Primitive } from "../sync/primitive.ts";
import {
  type CircuitBreakerOptions,
  type CircuitState,
  CREATE,
  readBreakerOptions,
} from "./breaker-options.ts";
import type { Outcomes } from "./breaker-window.ts";
import { CircuitOpenError } from "./circuit-open-error.ts";

export interface CircuitRunOptions {
  /** Cancels the call from outside. */
  signal?: AbortSignal | undefined;
}

/** The figures of a circuit breaker. */
export interface CircuitBreakerStats {
  readonly state: CircuitState;
  /** How many calls have succeeded, as far as the state remembers them: in the window, or of the probes. */
  readonly successes: number;
  /** How many have failed, as far as the state remembers them. */
  readonly failures: number;
  /** How many probes are under way. */
  readonly probing: number;
  /** How many calls were refused since it was made. */
  readonly rejected: number;
}

// Each time it gets into a state there is a new object for that: a call that was let in by another one
// than the current does not count any more.
type State =
  | { readonly kind: "closed"; readonly outcomes: Outcomes }
  | { readonly kind: "open"; readonly until: number; readonly clock: object | undefined }
  | { readonly kind: "half-open"; probing: number; successes: number };

type Verdict = "success" | "failure" | "cancelled";

const RUN = "run in a circuit";

/**
 * Refuses calls to something that fails, until it has had time to recover.
 *
 * ```text
 *          enough failures              openMs is over
 *  closed ────────────────▶ open ─────────────────────▶ half-open
 *    ▲                        ▲     a probe has failed       │
 *    │                        └──────────────────────────────┤
 *    └───────────────────────────────────────────────────────┘
 *                     all probes have succeeded
 * ```
 *
 * It opens after a number of failures in a row, or at a share of failures among the last calls or those
 * of the last while. An open circuit rejects with a {@link CircuitOpenError}; a half-open one lets `probes`
 * calls in and no more. It has no timer: the first call after `openMs` makes it half-open.
 *
 * A call that is cancelled does not count, and a probe that is cancelled gives its place to another. So a
 * timeout belongs into the call, not around it; a probe that never ends would keep the circuit as it is.
 * A call that was begun before the state has changed does not count in the new one.
 *
 * @example
 * ```ts
 * import { CircuitBreaker } from "corral";
 *
 * const circuit = new CircuitBreaker({ failures: 2, openMs: 10_000 });
 * for (let i = 0; i < 3; i++) {
 *   await circuit
 *     .run(async () => {
 *       throw new Error("down");
 *     })
 *     .catch((error) => console.log(error.name));
 * }
 * // Error
 * // Error
 * // CircuitOpenError
 * console.log(circuit.state); // open
 * ```
 */
export class CircuitBreaker extends Primitive {
  readonly #options: CircuitBreakerOptions;
  readonly #forget: () => Outcomes;
  #state: State;
  #rejected = 0;

  /** @throws {TypeError | RangeError} If an option is not what it should be. */
  constructor(options: CircuitBreakerOptions) {
    super(CREATE, options);
    this.#forget = readBreakerOptions(options);
    this.#options = { ...options };
    this.#state = { kind: "closed", outcomes: this.#forget() };
  }

  /** What it would do with a call now: `"half-open"` as soon as an open circuit would let a probe in. */
  get state(): CircuitState {
    const state = this.#state;
    return state.kind === "open" && leftOf(state) === 0 ? "half-open" : state.kind;
  }

  /**
   * Calls `fn`, unless the circuit is open, and gives what it gives. How it ended is counted before the
   * caller hears of it.
   *
   * @throws {CircuitOpenError} If the circuit is open, or half-open with all its probes under way.
   * @throws What `fn` throws; the cancellation.
   */
  run<T>(fn: (scope: CancelScope) => T | PromiseLike<T>, options?: CircuitRunOptions): Promise<T> {
    try {
      checkFunction(RUN, "fn", fn);
      checkOptions(RUN, options);
      const signal = options?.signal;
      if (signal !== undefined) checkSignal(signal);
      const no = refusal(placeOf(signal), signal);
      if (no !== undefined) return no;
      const state = this.#enter();
      const scope = new CancelScope({ name: this.name, signal });
      return react(
        scope.run(fn),
        (value) => {
          this.#count(state, "success");
          return value;
        },
        (error) => {
          this.#count(state, this.#judge(scope, error));
          return rejected(error);
        },
      );
    } catch (error) {
      return rejected(error);
    }
  }

  /** Opens the circuit, for `openMs` from now on. */
  trip(): void {
    const until = now() + this.#options.openMs;
    this.#set({ kind: "open", until, clock: runtime.clock });
  }

  /** Closes the circuit, and forgets what has failed. */
  reset(): void {
    this.#set({ kind: "closed", outcomes: this.#forget() });
  }

  override stats(): CircuitBreakerStats {
    const state = this.#state;
    const [successes, failures] =
      state.kind === "closed"
        ? state.outcomes.sums()
        : [state.kind === "half-open" ? state.successes : 0, 0];
    const probing = state.kind === "half-open" ? state.probing : 0;
    return Object.freeze({
      state: this.state,
      successes,
      failures,
      probing,
      rejected: this.#rejected,
    });
  }

  /** @internal */
  override get kind(): string {
    return "CircuitBreaker";
  }

  /** The only writer of the state. */
  #set(state: State): void {
    const previous = this.#state.kind;
    this.#state = state;
    const { onStateChange } = this.#options;
    if (onStateChange === undefined || previous === state.kind) return;
    callback("onStateChange", () => onStateChange(state.kind, previous));
  }

  /** The state that lets a call in. */
  #enter(): State {
    if (this.#state.kind === "open") {
      const leftMs = leftOf(this.#state);
      if (leftMs > 0) this.#refuse(leftMs);
      this.#set({ kind: "half-open", probing: 0, successes: 0 });
    }
    // Whoever was told of the change may have changed it again.
    const state: State = this.#state;
    if (state.kind === "open") return this.#refuse(leftOf(state));
    if (state.kind === "half-open") {
      const { probes = 1 } = this.#options;
      if (state.probing + state.successes >= probes) this.#refuse(0);
      state.probing++;
    }
    return state;
  }

  #refuse(leftMs: number): never {
    this.#rejected++;
    throw new CircuitOpenError(leftMs, this.name);
  }

  #judge(scope: CancelScope, error: unknown): Verdict {
    if (isOurs(scope, error)) return "cancelled";
    const { isFailure } = this.#options;
    try {
      return isFailure === undefined || isFailure(error) ? "failure" : "success";
    } catch (broken) {
      callback("isFailure", () => {
        throw broken;
      });
      return "failure";
    }
  }

  #count(state: State, verdict: Verdict): void {
    if (state !== this.#state) return;
    if (state.kind === "closed") {
      if (verdict !== "cancelled" && state.outcomes.add(verdict === "failure")) this.trip();
    } else if (state.kind === "half-open") {
      state.probing--;
      if (verdict === "failure") this.trip();
      else if (verdict === "success" && ++state.successes >= (this.#options.probes ?? 1)) {
        this.reset();
      }
    }
  }
}

/** How long an open circuit stays so. A moment on another clock, a test's, is over. */
function leftOf(state: State & { kind: "open" }): number {
  return state.clock === runtime.clock ? Math.max(0, state.until - now()) : 0;
}
