import { checkMs, checkOptions } from "../internal/arguments.ts";
import { passed, rejected } from "../internal/budget.ts";
import { setTimer } from "../cancel/clock.ts";
import { ClosedError } from "../cancel/errors.ts";
import { report } from "../cancel/report.ts";
import { quiet } from "../cancel/tree.ts";
import type { CancelScope } from "../cancel/scope.ts";
import { grantAll, park, placeOf, refusal, WaitQueue } from "../cancel/wait.ts";
import type { PoolCloseOptions } from "./pool-options.ts";
import { describeHolder } from "./pool-rounds.ts";
import type { PoolStore } from "./pool-store.ts";
import type { Shelf } from "./shelf.ts";

/** How long leases may be held after `close()`: the usual bound of cleanup. */
const GRACE_MS = 5_000;

/** So many holders are named. */
const MOST_NAMES = 10;

/**
 * How a pool ends: it is open; then it has begun to close, where those in line are served and what comes
 * back is destroyed; then it is terminated, where all is destroyed, whoever has it; then it is over. None
 * comes twice, and the two in the middle may be left out.
 */
export class PoolClosing<K, T> {
  readonly #store: PoolStore<K, T>;
  readonly #line: WaitQueue<void>;
  begun = false;
  terminated = false;
  over = false;

  constructor(store: PoolStore<K, T>) {
    this.#store = store;
    this.#line = new WaitQueue<void>("close of a pool", store.target, () => this.#terminate());
  }

  /** What those hear who come too late. */
  error(action: string): ClosedError {
    return new ClosedError(`Cannot ${action}: ${this.#store.label} is closed`);
  }

  close(options: PoolCloseOptions | undefined): Promise<void> {
    try {
      checkOptions("close a pool", options);
      const { graceMs = GRACE_MS, signal } = options ?? {};
      checkMs("close a pool", "graceMs", graceMs);
      const place = placeOf(signal);
      const no = refusal(place, signal);
      this.#begin();
      if (no !== undefined) return quiet(this.terminate().then(() => no));
      if (this.over) return passed();
      const { promise } = park(this.#line, place, signal);
      this.#limit(promise, graceMs);
      // Who is cancelled ends the grace, and hears of that when all has ended.
      return quiet(
        promise.catch(async (error: unknown) => {
          await this.#end();
          throw error;
        }),
      );
    } catch (error) {
      return rejected(error);
    }
  }

  /** As a cleanup: no cancellation ends the grace. */
  dispose(): Promise<void> {
    this.#begin();
    const end = this.#end();
    this.#limit(end, GRACE_MS);
    return end;
  }

  /** Destroys all, whoever has it. */
  terminate(): Promise<void> {
    this.#terminate();
    return this.#end();
  }

  #end(): Promise<void> {
    return this.over ? passed() : park(this.#line, undefined, undefined).promise;
  }

  #limit(end: Promise<void>, graceMs: number): void {
    if (graceMs === Infinity || this.over) return;
    const timer = setTimer(graceMs, () => this.#expire(graceMs), undefined, "live");
    const stop = (): void => timer.cancel();
    end.then(stop, stop);
  }

  #expire(graceMs: number): void {
    if (this.terminated) return;
    const { label, resources, target } = this.#store;
    const held = [...resources].filter(({ state }) => state === "leased");
    if (held.length > 0) {
      const names = held.slice(0, MOST_NAMES).map(describeHolder);
      if (held.length > MOST_NAMES) names.push(`${held.length - MOST_NAMES} more`);
      const message = `${held.length} ${held.length === 1 ? "lease" : "leases"} of ${label} had not been released ${graceMs} ms after it was closed, and what they hold is destroyed; held by ${names.join("; ")}`;
      report("warning", { kind: "held-lease", message, detail: target });
    }
    this.#terminate();
  }

  #begin(): void {
    if (this.begun) return;
    this.begun = true;
    const store = this.#store;
    store.rounds.stop();
    for (const shelf of store.shelves.values()) {
      store.clear(shelf, "closed");
      shelf.warming.refuse(this.error("warm a pool"));
    }
    store.settleAll();
    this.look();
  }

  #terminate(): void {
    if (this.terminated) return;
    this.#begin();
    this.terminated = true;
    const store = this.#store;
    for (const shelf of store.shelves.values()) {
      shelf.line.dismiss(this.error("acquire from a pool").message);
      this.trim(shelf);
    }
    const running: CancelScope[] = [];
    for (const resource of store.resources) {
      const { job, scope, shelf, state } = resource;
      if (scope !== undefined) running.push(scope);
      if (state === "leased") void shelf.discardLeased(resource, "closed");
      else job?.scope.cancel("the pool was closed");
    }
    store.settleAll();
    this.look();
    // Code of the user's runs in this.
    for (const scope of running) scope.cancel(this.error("go on"));
  }

  /** Something has changed at a key while the pool closes. */
  trim(shelf: Shelf<K, T>): void {
    if (!this.begun || shelf.line.length > 0) return;
    shelf.creations.stop();
    shelf.creations.cancel("the pool was closed");
  }

  /** Whether that was the last. */
  look(): void {
    if (!this.begun || this.over || this.#store.size > 0) return;
    for (const { line } of this.#store.shelves.values()) if (line.length > 0) return;
    this.over = true;
    grantAll(this.#line, undefined);
  }
}
