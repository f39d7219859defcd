import { deadlineOf } from "../cancel/deadline-of.ts";
import { CancelScope } from "../cancel/scope.ts";
import type { WaitQueue } from "../cancel/wait.ts";

/** What a load's scope asks about those who wait for it. */
export interface Awaited {
  readonly line: WaitQueue | undefined;
  readonly pinned: boolean;
  /** Whether its function was called. */
  readonly begun: boolean;
}

/** The scope of a load: it is below none of those who wait for it, and its deadline is the latest of theirs. */
export class LoadScope extends CancelScope {
  /** @internal */
  static override sample: LoadScope = new LoadScope({} as never);

  // Plain and declared: the constructor of a scope reads and sets its deadline before they are there.
  /** @internal */
  declare load: Awaited | undefined;
  /** @internal The deadline that the load has set itself. */
  declare ownDeadline: number;

  /** @internal */
  constructor(load: Awaited) {
    super();
    this.load = load;
  }

  /**
   * The load may take what any of those who wait has left. Nothing needs to be done then: each of them
   * leaves by itself, and the last one cancels it.
   *
   * @internal
   */
  // @ts-expect-error -- a field of each other scope, which declares it only
  override get deadlineAt(): number {
    const { load } = this;
    let wait = load?.line?.first;
    // No timer is set for it when it is opened. When nobody waits, it has ended or is cancelled.
    let latest = wait === undefined || load!.pinned || !load!.begun ? Infinity : -Infinity;
    for (; wait !== undefined && latest < Infinity; wait = wait.next) {
      latest = Math.max(latest, Math.min(deadlineOf(wait.owner), deadlineOf(wait.link?.node)));
    }
    return Math.min(latest, this.ownDeadline);
  }

  override set deadlineAt(value: number) {
    this.ownDeadline = value;
  }
}
