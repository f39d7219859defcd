import { getEventListeners } from "node:events";
import type { Library } from "./library.ts";

/** An error takes its time to be made. */
const ABORTED = "aborted";

/** What waits can be cancelled by: a scope, or a signal that nothing of the library has made. */
export class Cancelling {
  /** Called in the moment of an abort, before the library hears of it. */
  early: (() => void) | undefined;
  readonly signal: AbortSignal;
  readonly cancel: () => void;

  constructor({ CancelScope }: Library, by: "scope" | "signal") {
    const controller = new AbortController();
    const scope = new CancelScope();
    controller.signal.addEventListener("abort", () => this.early?.());
    this.signal = by === "scope" ? scope.signal : controller.signal;
    this.cancel = () => (by === "scope" ? scope.cancel() : controller.abort(ABORTED));
  }

  /** How many listeners the library has left on it. */
  get listeners(): number {
    const all = getEventListeners(this.signal, "abort").length;
    return this.early === undefined && all === 0 ? 0 : all - 1;
  }
}
