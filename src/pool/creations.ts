import { checkMs } from "../internal/arguments.ts";
import type { Timer } from "../internal/runtime.ts";
import { now, setTimer } from "../cancel/clock.ts";
import { report, textOf } from "../cancel/report.ts";
import { Job } from "./pool-job.ts";
import type { Shelf } from "./shelf.ts";

/** What a backoff that fails stands for. */
const USUAL_MS = 1_000;

/** The resources of one key that are being made, and how that has gone of late. */
export class Creations<K, T> {
  readonly #shelf: Shelf<K, T>;
  readonly #jobs = new Set<Job>();
  /** Failed rounds since the last success: what was begun together fails together. */
  #failures = 0;
  #backoffMs: number | undefined = undefined;
  #gate: Timer | undefined = undefined;
  #opensAt = 0;
  #live = false;
  /** What the last one has failed with, until one succeeds. */
  error: unknown = undefined;

  constructor(shelf: Shelf<K, T>) {
    this.#shelf = shelf;
  }

  get count(): number {
    return this.#jobs.size;
  }

  /** Whether none is begun for a while, since the last one has failed. */
  get paused(): boolean {
    return this.#gate !== undefined;
  }

  /** Begins one; it has a place. */
  begin(): void {
    const shelf = this.#shelf;
    const { generation, key, store } = shelf;
    const { settings } = store;
    const round = this.#failures;
    let lingering: Timer | undefined;
    let givenUp = false;
    const job: Job = new Job(
      `create for ${store.label}`,
      settings.createTimeoutMs,
      (scope) => settings.create(key, scope),
      {
        ended: (failed, outcome) => {
          this.#jobs.delete(job);
          if (!failed) {
            this.#succeeded();
            shelf.made(outcome as T, generation);
          } else {
            if (job.over) shelf.free();
            else {
              // Its place is taken until it has really ended.
              shelf.linger();
              lingering = setTimer(settings.destroyTimeoutMs, giveUp, undefined, "live");
            }
            this.#failed(outcome, round);
          }
          store.settle(shelf);
        },
        late: (failed, outcome) => {
          lingering?.cancel();
          if (!failed) shelf.madeLate(outcome as T, givenUp);
          else if (!givenUp) shelf.freeLingering();
          store.settle(shelf);
        },
      },
    );
    const giveUp = (): void => {
      givenUp = true;
      const message = `A creation for ${store.label} has not ended ${settings.destroyTimeoutMs} ms after its cancellation: its place is free again`;
      report("warning", { kind: "given-up-creation", message, detail: store.target });
      shelf.freeLingering();
      store.settle(shelf);
    };
    this.#jobs.add(job);
    store.home.run(job);
  }

  /** Cancels those that are under way. */
  cancel(reason: unknown): void {
    for (const job of this.#jobs) job.scope.cancel(reason);
  }

  /** No creation is waited for any more. */
  stop(): void {
    this.#gate?.cancel();
    this.#gate = undefined;
  }

  /** The timer keeps the process alive if somebody waits for it. */
  attend(): void {
    if (this.#gate === undefined || this.#live === this.#shelf.isAwaited) return;
    this.#gate.cancel();
    this.#setGate();
  }

  #succeeded(): void {
    this.#failures = 0;
    this.#backoffMs = undefined;
    this.error = undefined;
    this.stop();
  }

  #failed(error: unknown, round: number): void {
    const shelf = this.#shelf;
    const { store } = shelf;
    // Cancelled since nobody needs it any more.
    if (store.closing.begun && shelf.line.length === 0) return;
    this.error = error;
    store.counts.createFailures++;
    store.tell({ kind: "createFailure", key: shelf.key, error });
    if (round === this.#failures) {
      this.#failures++;
      this.#opensAt = now() + this.#delay();
      this.#gate?.cancel();
      this.#setGate();
    }
    if (store.settings.retries ? shelf.isAwaited : shelf.refuse(error)) return;
    const message = `A creation for ${store.label} that nobody waited for has failed: ${textOf(error)}`;
    report("note", { kind: "failed-creation", message, detail: error });
  }

  #delay(): number {
    try {
      const ms = this.#shelf.store.settings.backoff(this.#failures, this.#backoffMs);
      checkMs("create a resource", "backoff", ms);
      return (this.#backoffMs = ms);
    } catch (error) {
      const message = `backoff threw: ${textOf(error)}`;
      report("warning", { kind: "callback", message, detail: error });
      return USUAL_MS;
    }
  }

  #setGate(): void {
    this.#live = this.#shelf.isAwaited;
    const kind = this.#live ? "live" : "passive";
    this.#gate = setTimer(this.#opensAt - now(), Creations.#open<K, T>, this, kind);
  }

  static #open<K, T>(this: void, it: Creations<K, T>): void {
    it.#gate = undefined;
    it.#shelf.store.settle(it.#shelf);
  }
}
