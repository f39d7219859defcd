/** What is done to a resource by the functions of the user: each for a bounded time. */
import { report, textOf } from "../cancel/report.ts";
import type { DestroyReason } from "./pool-event.ts";
import { Job } from "./pool-job.ts";
import type { Resource } from "./resource.ts";

/** Something to wait for that may be over at once. */
function later(begin: (end: () => void) => void): Promise<void> | undefined {
  let over = false;
  let settle: (() => void) | undefined;
  begin(() => {
    over = true;
    settle?.();
  });
  return over ? undefined : new Promise((resolve) => (settle = resolve));
}

/**
 * Asks whether a resource can still be used; one that cannot is discarded.
 *
 * @returns Whether it can; `undefined` if that is known later: then it is put where it belongs.
 */
export function validateResource<K, T>(resource: Resource<K, T>): boolean | undefined {
  const { shelf, value } = resource;
  const { key, store } = shelf;
  const { validate, validateTimeoutMs } = store.settings;
  let result: boolean | undefined;
  let within = true;
  shelf.checking++;
  const job = new Job(
    `validate for ${store.label}`,
    validateTimeoutMs,
    (scope) => validate!(value, key, scope),
    {
      ended: (failed, outcome) => {
        shelf.checking--;
        resource.job = undefined;
        result = !failed && Boolean(outcome);
        if (!result) {
          const why = store.closing.terminated ? "closed" : "invalid";
          void shelf.discard(resource, why, failed ? outcome : undefined);
        } else if (store.closing.terminated) {
          result = false;
          void shelf.discard(resource, "closed");
        }
        if (within) return;
        if (result) shelf.restore(resource);
        store.settle(shelf);
      },
    },
  );
  resource.job = job;
  store.home.run(job);
  within = false;
  return result;
}

/** Resets a resource that has come back, and puts it where it belongs. */
export function resetResource<K, T>(resource: Resource<K, T>): Promise<void> | undefined {
  const { shelf, value } = resource;
  const { key, store } = shelf;
  const { reset, resetTimeoutMs } = store.settings;
  return later((end) => {
    const ended = (failed: boolean, error: unknown): void => {
      resource.job = undefined;
      if (!failed) shelf.restore(resource);
      else if (store.closing.terminated) void shelf.discard(resource, "closed");
      else {
        store.counts.resetFailures++;
        const message = `reset failed for ${store.label}, and the resource is destroyed: ${textOf(error)}`;
        report("warning", { kind: "failed-reset", message, detail: error });
        store.tell({ kind: "resetFailure", key, value, error });
        void shelf.discard(resource, "reset", error);
      }
      store.settle(shelf);
      end();
    };
    const name = `reset for ${store.label}`;
    const job = new Job(name, resetTimeoutMs, (scope) => reset!(value, key, scope), { ended });
    resource.job = job;
    store.home.run(job);
  });
}

interface Disposables {
  [Symbol.dispose]?: () => unknown;
  [Symbol.asyncDispose]?: () => unknown;
}

/** What ends a value in the way that it says itself. */
function dispose(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return undefined;
  const held = value as Disposables;
  return (held[Symbol.asyncDispose] ?? held[Symbol.dispose])?.call(held);
}

const done: Promise<void> = /* @__PURE__ */ Promise.resolve();

/** Destroys a resource. */
export function destroyResource<K, T>(
  resource: Resource<K, T>,
  reason: DestroyReason,
  why: unknown,
  ended: () => void,
): Promise<void> {
  const { shelf, value } = resource;
  const { key, store } = shelf;
  const { destroy, destroyTimeoutMs } = store.settings;
  resource.state = "gone";
  store.counts.destroyed[reason]++;
  store.tell({
    kind: "destroy",
    key,
    value,
    reason,
    ...(why === undefined ? undefined : { error: why }),
  });
  const end = later((over) => {
    const destroyed = (failed: boolean, error: unknown): void => {
      if (failed) {
        store.counts.destroyFailures++;
        const message = `destroy failed for ${store.label}: ${textOf(error)}`;
        report("warning", { kind: "failed-destroy", message, detail: error });
      }
      store.resources.delete(resource);
      ended();
      over();
    };
    const fn = destroy ?? dispose;
    const name = `destroy for ${store.label}`;
    const job = new Job(name, destroyTimeoutMs, (scope) => fn(value, key, scope), {
      ended: destroyed,
    });
    store.home.run(job);
  });
  return end ?? done;
}
