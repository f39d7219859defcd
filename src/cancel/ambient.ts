/** The current scope: it travels with the async context where the runtime has one. */
import { type Runtime, runtime, type Storage } from "../internal/runtime.ts";
import { openNode, type ScopeNode } from "./tree.ts";

interface NodeProcess {
  getBuiltinModule?: (name: string) => { AsyncLocalStorage: new () => Storage } | undefined;
}

/** The current scope's node, if it or an ancestor of it is open. */
export function currentNode(): ScopeNode | undefined {
  // Reading is for those who opened a scope: nobody else ever touches the storage.
  if (!runtime.opened) return undefined;
  return openNode(runtime.storage!.getStore() as ScopeNode | undefined);
}

function storageOf(record: Runtime): Storage | null {
  if (record.storage === undefined) {
    const { process } = globalThis as { process?: NodeProcess };
    const hooks = process?.getBuiltinModule?.("node:async_hooks");
    record.storage = hooks === undefined ? null : new hooks.AsyncLocalStorage();
  }
  return record.storage;
}

/** Calls `fn` with the scope as the current one, also for all that it starts. */
export function within<T>(node: ScopeNode, fn: (node: never) => T): T {
  const { frame } = runtime;
  runtime.frame = node.frame;
  try {
    const storage = runtime.ambient ? storageOf(runtime) : null;
    if (storage === null) return fn(node as never);
    runtime.opened = true;
    return storage.run(node, fn as (node: ScopeNode) => T, node);
  } finally {
    runtime.frame = frame;
  }
}

/**
 * Calls `fn` with no current scope. Sockets, pools, caches and pumps that outlive their creator are
 * made in it: runtimes keep the creator's async context in every later callback of such a resource,
 * and with it the scope.
 *
 * @returns What `fn` returns.
 */
export function detached<T>(fn: () => T): T {
  const { frame } = runtime;
  runtime.frame = undefined;
  try {
    return runtime.opened ? runtime.storage!.run(undefined, fn, undefined) : fn();
  } finally {
    runtime.frame = frame;
  }
}

/**
 * Switches ambient scopes off (or on again) for the whole process. Without them a scope reaches the
 * waits that get its `signal`, and nothing else. On Node 20 and 22 the first ambient scope makes all
 * promises of the process two to three times slower; an application that counts nanoseconds there
 * switches them off before it opens one.
 *
 * @throws {TypeError} If ambient scopes are in use already, or `on` is no boolean.
 */
export function setAmbient(on: boolean): void {
  if (typeof on !== "boolean") {
    throw new TypeError(
      `Cannot switch ambient scopes: "on" must be a boolean, received ${String(on)}`,
    );
  }
  if (!on && runtime.opened) {
    throw new TypeError(
      "Cannot switch ambient scopes off: expected no scope to have been opened yet, received a process with ambient scopes",
    );
  }
  runtime.ambient = on;
}
