/**
 * Proves deadlocks and finds lost permits. It is no part of what it watches: that asks the runtime record
 * whether there is a detector. It enters itself there when it is loaded, as whoever loads the whole library
 * does; an application that is bundled and shaken has it if it calls `setDeadlockDetection`.
 */
import { developing } from "../internal/developing.ts";
import { type Detector, runtime } from "../internal/runtime.ts";
import { watchForDeadlock } from "../cancel/deadlock.ts";
import { currentFrame, Frame, type Held } from "../cancel/frame.ts";
import type { Wait } from "../cancel/wait.ts";
import { permits, type Watched } from "./lost.ts";

/** One that is on in development. */
export function createDetector(): Detector {
  let on: boolean | undefined;
  const decide = (value: boolean): boolean => {
    on = value;
    (detector as { off: boolean }).off = !value;
    return value;
  };
  const detector: Detector = {
    off: false,
    // Not when it is loaded.
    get on() {
      return on ?? decide(developing());
    },
    set on(value) {
      decide(value);
    },
    begin(lock, weight) {
      if (!this.on) return undefined;
      const frame = new Frame(lock as Held, weight);
      frame.begin();
      return frame;
    },
    current() {
      return this.on ? currentFrame() : undefined;
    },
    waits(action, wait) {
      if (this.on) watchForDeadlock(action, wait as Wait);
    },
    hold(permit) {
      if (this.on) permits.watch(permit as Watched);
    },
    release(permit) {
      permits.unwatch(permit as Watched);
    },
  };
  return detector;
}

runtime.detector ??= createDetector();

/**
 * Switches the refusal of provable deadlocks, and the report of permits that were lost, on or off for
 * the whole process. They are on unless `NODE_ENV` is `"production"`, and cost each section a little. An
 * application that is bundled for production has none of their code unless it calls this.
 *
 * @throws {TypeError} If `on` is no boolean.
 */
export function setDeadlockDetection(on: boolean): void {
  if (typeof on !== "boolean") {
    throw new TypeError(
      `Cannot switch the detection of deadlocks: "on" must be a boolean, received ${String(on)}`,
    );
  }
  runtime.detector!.on = on;
}
