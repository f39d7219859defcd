import { react } from "../internal/react.ts";
import { type Frame, runtime } from "../internal/runtime.ts";
import { deadlineOf } from "../cancel/deadline-of.ts";
import type { Held } from "../cancel/frame.ts";
import { isOurs } from "../cancel/ownership.ts";
import { report, textOf } from "../cancel/report.ts";
import { CancelScope } from "../cancel/scope.ts";
import { refused } from "../cancel/tree.ts";
import { grantAll } from "../cancel/wait.ts";
import type { Holder, Wanted } from "./batch-keys.ts";
import { Places } from "./batch-places.ts";
import type { Home } from "./home.ts";
import { type Outcome, outcomesOf } from "./batch-results.ts";

/** Loads what belongs to the keys. */
export type LoadMany<K> = (keys: readonly K[], scope: CancelScope) => unknown;

/** When the last of those who wait gives up by itself. */
function latestDeadline<K, V>(all: readonly Wanted<K, V>[]): number {
  let latest = -Infinity;
  let last: object | undefined;
  for (const wanted of all) {
    for (let wait = wanted.first; wait !== undefined; wait = wait.next) {
      const { owner, link } = wait;
      // Of many that wait in one scope, the first says it.
      if (owner !== undefined && owner === last && link === undefined) continue;
      last = owner;
      latest = Math.max(latest, Math.min(deadlineOf(owner), deadlineOf(link?.node)));
      if (latest === Infinity) return latest;
    }
  }
  return latest;
}

/**
 * One call of `loadMany`, and those whom it serves. It runs in a scope of its own, which is cancelled when
 * all of them have left.
 */
export class BatchLoad<K, V> implements Holder<K, V> {
  readonly #all: readonly Wanted<K, V>[];
  readonly #home: Home;
  readonly #scope: CancelScope;
  #waiting = 0;

  constructor(all: readonly Wanted<K, V>[], name: string | undefined, home: Home) {
    this.#all = all;
    this.#home = home;
    this.#scope = new CancelScope({ name });
    for (const wanted of all) {
      wanted.holder = this;
      this.#waiting += wanted.length;
    }
  }

  left(): void {
    if (--this.#waiting > 0) return;
    // At home, so that its listeners do not run in the async context of whoever has left last, and its
    // error, which remembers from where it was made, keeps nothing of theirs.
    this.#home.soon({
      begin: () => {
        this.#scope.cancel("nobody waits for it any more");
        // Until it is read, the stack keeps what is on it.
        void this.#scope.error?.stack;
      },
    });
  }

  /**
   * Makes the call.
   *
   * @param places Of which it has one while it lasts.
   * @param onEnd Called when it has really ended, and all have been told.
   */
  run(loadMany: LoadMany<K>, places: Places, onEnd: () => void): void {
    const scope = this.#scope;
    let frame: Frame | undefined;
    const loading = scope.run(() => {
      // To be passed on. It needs no timer: by then all have left, each by the deadline that is its own.
      scope.deadlineAt = latestDeadline(this.#all);
      const load = (): unknown => loadMany(this.#keys(), scope);
      frame = this.#enter(places);
      return frame === undefined ? load() : frame.call(load);
    });
    const end = (tell: () => void): void => {
      frame?.finish();
      tell();
      onEnd();
    };
    void react(
      loading,
      (returned) => end(() => this.#tell(returned)),
      (error) => end(() => this.#fail(error)),
    );
  }

  /** Tells the detector of deadlocks, if there is one, what waits for whom from now on. */
  #enter(places: Places): Frame | undefined {
    const { detector } = runtime;
    const frame = detector?.off === false ? detector.begin(places, 1) : undefined;
    if (frame === undefined) return undefined;
    const load = new Places(1, places.line.target);
    load.frames.push(frame as Held["frames"][0]);
    for (const wanted of this.#all) wanted.slots = load;
    return frame;
  }

  #keys(): K[] {
    return this.#all.map(({ key }) => key);
  }

  #tell(returned: unknown): void {
    // What was cancelled may give whatever it likes.
    if (this.#waiting === 0) return;
    let outcomes: Outcome[];
    try {
      outcomes = outcomesOf(returned, this.#keys());
    } catch (error) {
      this.#fail(error);
      return;
    }
    for (const [i, wanted] of this.#all.entries()) {
      const { value, failed } = outcomes[i]!;
      grantAll(wanted, value as V, failed);
    }
  }

  #fail(error: unknown): void {
    if (this.#waiting === 0 && !isOurs(this.#scope, error)) {
      const message = `A batch that nobody waited for any more rejected: ${textOf(error)}`;
      report("note", { kind: "late-rejection", message, detail: error });
    }
    const failure = refused(error);
    for (const wanted of this.#all) grantAll(wanted, failure, true);
  }
}
