import type { Frame, Held } from "../cancel/frame.ts";
import { type Wait, WaitQueue } from "../cancel/wait.ts";
import type { Wanted } from "./batch-keys.ts";

/**
 * What those who wait for keys depend on, as a proof of a deadlock needs it: that one of so many places is
 * given back which loads under way hold, or that the one load ends with which their key was sent.
 */
export class Places implements Held {
  readonly frames: Frame[] = [];
  /** Says what it is called. Nobody is in it: a key waits in a line of its own. */
  readonly line: WaitQueue;
  readonly most: number;

  constructor(most: number, target: unknown) {
    this.line = new WaitQueue("batch", target);
    this.most = most;
  }

  /** A wait was refused. */
  left(wait: Wait): void {
    (wait.line as Wanted<unknown, unknown>).left();
  }
}
