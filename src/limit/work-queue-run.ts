/** How a job runs in its place, and what becomes of the place when it is cancelled and has not ended. */
import { react } from "../internal/react.ts";
import { type Frame, runtime } from "../internal/runtime.ts";
import { isOurs } from "../cancel/ownership.ts";
import { report, textOf } from "../cancel/report.ts";
import { endScope, failureOf, leaveOpenGroups } from "../cancel/scope-life.ts";
import type { Section } from "../cancel/section.ts";
import { ignore, refused } from "../cancel/tree.ts";
import { grant, isWaiting, park, type Wait, WaitQueue } from "../cancel/wait.ts";
import type { WorkJob } from "./work-queue-job.ts";

/** The section that jobs run in. */
export interface JobSection extends Section {
  /** A job runs no more. */
  ended(job: WorkJob): void;
}

/** Runs a job in a place that was taken, and gives that back. */
export type RunJob = <T>(job: WorkJob<T>) => Promise<T>;

/** How the caller sees an error with which the job has ended. Asked before its scope ends. */
function seenBy({ scope, result }: WorkJob, error: unknown): unknown {
  const failure = failureOf(scope!, error);
  // As with a wait, it is nobody's duty to handle a cancellation. A timeout is a failure.
  if (isOurs(scope!, error) && failure !== scope!.timeout) result?.then(undefined, ignore);
  return failure;
}

/** Holds the place of a job until that has really ended. */
export function holding(section: JobSection): RunJob {
  // What to wait for, if something hangs on the job yet.
  const end = (job: WorkJob, frame: Frame | undefined): Promise<void> | undefined => {
    const rest = leaveOpenGroups(job.scope!);
    if (rest !== undefined) return rest.then(() => end(job, frame));
    endScope(job.scope!);
    frame?.finish();
    section.ended(job);
    section.leave();
    return undefined;
  };
  return <T>(job: WorkJob<T>) => {
    const frame = runtime.detector?.begin(section, 1);
    return react(
      frame === undefined ? job.run() : frame.call(() => job.run()),
      (value) => {
        const rest = end(job, frame);
        return rest === undefined ? value : rest.then(() => value);
      },
      (error) => {
        const failure = seenBy(job, error);
        const rest = end(job, frame);
        if (rest === undefined) throw failure;
        return rest.then(() => {
          throw failure;
        });
      },
    );
  };
}

/**
 * Gives the place of a job back when that has ended or is cancelled, and answers its caller then. No
 * frame tells the detector of it: whoever waits for such a place may get it.
 */
export function releasing(section: JobSection, target: object): RunJob {
  const line = new WaitQueue("work queue job", target, () => section.leave());
  const end = (job: WorkJob, wait: Wait | undefined, failed: boolean, outcome: unknown): void => {
    const scope = job.scope!;
    const rest = leaveOpenGroups(scope);
    if (rest !== undefined) {
      void rest.then(() => end(job, wait, failed, outcome));
      return;
    }
    const inTime = wait !== undefined && isWaiting(wait);
    if (inTime) grant(wait, failed ? refused(outcome) : outcome);
    endScope(scope);
    section.ended(job);
    if (inTime) {
      section.leave();
    } else if (failed && !isOurs(scope, outcome)) {
      report("note", {
        kind: "late-rejection",
        message: `A job rejected after its place was given back: ${textOf(outcome)}`,
        detail: outcome,
      });
    }
  };
  return <T>(job: WorkJob<T>) => {
    const scope = job.open();
    // A timeout of 0 has passed already.
    const wait = scope.cancelled ? undefined : park(line as WaitQueue<T>, scope, undefined);
    void react(
      job.call(),
      (value) => end(job, wait as Wait | undefined, false, value),
      (error) => end(job, wait as Wait | undefined, true, error),
    );
    if (wait === undefined) section.leave();
    return react(
      wait?.promise ?? refused(scope.error),
      (value) => value,
      (error) => {
        throw seenBy(job, error);
      },
    );
  };
}
