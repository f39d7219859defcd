import { BrandedError } from "../cancel/errors.ts";

/** A circuit breaker has refused the call: the function was not called. */
export class CircuitOpenError extends BrandedError {
  /** @internal */
  static override readonly brand: string = "corral/CircuitOpenError";
  override readonly name = "CircuitOpenError" as const;
  /** How long until the circuit lets a probe in; 0 while probes are under way. `retry` waits as long. */
  readonly retryAfterMs: number;
  /** The name of the circuit breaker. */
  readonly breakerName: string | undefined;

  constructor(retryAfterMs: number, breakerName?: string) {
    const what =
      breakerName === undefined ? "The circuit" : `Circuit ${JSON.stringify(breakerName)}`;
    const when =
      retryAfterMs > 0 ? ` for another ${Math.ceil(retryAfterMs)} ms` : ": probes are under way";
    super(`${what} is open${when}`);
    this.retryAfterMs = retryAfterMs;
    this.breakerName = breakerName;
  }
}
