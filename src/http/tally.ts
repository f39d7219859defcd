import { Latencies } from "./latencies.ts";
import type { GatherStats } from "./many.ts";

/** Counts what becomes of many requests. */
export class Tally {
  ok = 0;
  failed = 0;
  retried = 0;
  bytes = 0;
  timedOut = false;
  readonly #latencies = new Latencies();

  add(ok: boolean, ms: number): void {
    if (ok) this.ok++;
    else this.failed++;
    this.#latencies.add(ms);
  }

  stats(): GatherStats {
    const { ok, failed, retried, bytes, timedOut } = this;
    const p50 = this.#latencies.quantile(0.5);
    const p95 = this.#latencies.quantile(0.95);
    return Object.freeze({ ok, failed, retried, bytes, p50, p95, timedOut });
  }
}
