import { react } from "../internal/react.ts";
import { currentNode } from "../cancel/ambient.ts";
import { checkSignal } from "../cancel/signal-hub.ts";
import { attempt, moveScope, openScope } from "../cancel/scope-life.ts";
import type { Nursery } from "./nursery.ts";
import { endTask, type EndStatus, Task } from "./task.ts";

export interface StartOptions {
  name?: string | undefined;
  /** Cancels the child from outside, until it has called `started`. */
  signal?: AbortSignal | undefined;
}

/** Where a start is: the child belongs to its caller, then to the group or to nobody any more. */
type Stage = "starting" | "started" | "refused";

/** Runs a child under its caller until it is ready, then moves it into the group. */
export function startTask<T, V>(
  nursery: Nursery,
  fn: (started: (value: V) => void, task: Task<unknown>) => T | PromiseLike<T>,
  options: StartOptions | undefined,
): Promise<{ task: Task<T>; value: V }> {
  const task = new Task<T>(options?.name ?? fn.name, "running");
  const signal = options?.signal;
  if (signal !== undefined) checkSignal(signal);
  task.scope.outside = signal;
  // Where scopes are not ambient, a caller that gives no signal is taken for the group's body.
  openScope(task.scope, currentNode() ?? (signal === undefined ? nursery.scope : undefined));
  // What it becomes counts, also while a daemon starts it.
  task.scope.daemon = nursery.scope.daemon;
  nursery.open++;
  let stage: Stage = "starting";
  let ready: { task: Task<T>; value: V } | undefined;
  return new Promise((resolve, reject) => {
    const started = (value: V): void => {
      if (stage !== "starting" || task.status !== "running") {
        throw new TypeError(
          `Cannot say that a task has started: expected one call, received ${
            task.status === "running" ? "a second one" : "one after its end"
          }`,
        );
      }
      ready = { task, value };
      // A caller that is cancelled keeps the child, which then ends as part of it.
      if (task.scope.error !== undefined) {
        stage = "refused";
        return;
      }
      stage = "started";
      moveScope(task.scope, nursery.scope);
      resolve(ready);
    };
    const ended = (status: EndStatus, outcome: unknown): void => {
      // Until it has started its failure is the caller's, not the group's.
      nursery.childEnded(task, stage === "started" ? status : "succeeded", outcome);
      if (status !== "succeeded") reject(outcome);
      else if (ready !== undefined) resolve(ready);
      else {
        reject(
          new TypeError(
            `Cannot start task "${task.name}": expected a call of started(), received its end`,
          ),
        );
      }
    };
    void react(
      attempt(task.scope, () => fn(started, task)),
      (value) => endTask(task, false, value, ended),
      (error) => endTask(task, true, error, ended),
    );
  });
}
