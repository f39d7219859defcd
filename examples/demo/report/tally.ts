import type { Outcome } from "../crawl/fetcher.ts";
import { StallMeter, type Stalls } from "./stalls.ts";

/** What a crawl did, in figures. */
export interface TallyStats {
  readonly found: number;
  readonly pages: number;
  readonly failed: number;
  readonly bytes: number;
  readonly retries: number;
  readonly seconds: number;
  readonly latency: Readonly<Record<"p50" | "p90" | "p99" | "max", number>>;
  /** `undefined` if the warm-up was all there was. */
  readonly stalls: Stalls | undefined;
}

/** Counts what becomes of pages, live. */
export class Tally {
  /** How many pages are known to exist. */
  found = 0;
  /** The lengths of the pages that arrived, by URL. */
  readonly arrived: Map<string, number> = new Map();
  /** What went wrong with those that failed, by URL. */
  readonly failures: Map<string, string> = new Map();
  readonly #latencies: number[] = [];
  readonly #stalls = new StallMeter();
  readonly #startedAt = performance.now();
  #endedAt: number | undefined;
  #bytes = 0;
  #retries = 0;
  readonly #warmUpPages: number;

  /** @param warmUpPages After how many pages the stalls of the event loop are measured. */
  constructor(warmUpPages: number) {
    this.#warmUpPages = warmUpPages;
    if (warmUpPages === 0) this.#stalls.start();
  }

  count({ url, bytes, ms, attempts, error }: Outcome): void {
    this.#retries += attempts - 1;
    if (error !== undefined) {
      this.failures.set(url, error);
      return;
    }
    this.arrived.set(url, bytes);
    this.#bytes += bytes;
    this.#latencies.push(ms);
    if (this.arrived.size === this.#warmUpPages) this.#stalls.start();
  }

  /** Stops the clock and the measuring of stalls. */
  stop(): void {
    this.#endedAt ??= performance.now();
    this.#stalls.stop();
  }

  get progress(): string {
    const { size: pages } = this.arrived;
    const failed = this.failures.size > 0 ? `, ${this.failures.size} failed` : "";
    const seconds = ((performance.now() - this.#startedAt) / 1000).toFixed(1);
    const megabytes = (this.#bytes / 1e6).toFixed(1);
    return `${pages} of ${this.found} pages, ${megabytes} MB, ${this.#retries} retries${failed}, ${seconds} s`;
  }

  stats(): TallyStats {
    const sorted = this.#latencies.toSorted((a, b) => a - b);
    const percentile = (share: number): number =>
      sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
    return {
      found: this.found,
      pages: this.arrived.size,
      failed: this.failures.size,
      bytes: this.#bytes,
      retries: this.#retries,
      seconds: ((this.#endedAt ?? performance.now()) - this.#startedAt) / 1000,
      latency: {
        p50: percentile(0.5),
        p90: percentile(0.9),
        p99: percentile(0.99),
        max: sorted.at(-1) ?? 0,
      },
      stalls: this.#stalls.stats(),
    };
  }
}
