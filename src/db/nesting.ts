import { report } from "./report.ts";

/** What becomes of a call that needs a connection while its caller holds one already. */
export type Nested = "warn" | "error" | "reuse" | "allow";

interface Storage<T> {
  getStore(): T | undefined;
  run<R>(store: T, fn: () => R): R;
}

interface NodeProcess {
  getBuiltinModule?: (name: string) => { AsyncLocalStorage: new <T>() => Storage<T> } | undefined;
}

/** What a function holds that runs with a connection. */
export interface Holding {
  readonly released: boolean;
}

function storage<T>(): Storage<T> | undefined {
  const { process } = globalThis as { process?: NodeProcess };
  const hooks = process?.getBuiltinModule?.("node:async_hooks");
  return hooks === undefined ? undefined : new hooks.AsyncLocalStorage<T>();
}

/**
 * Knows whether a caller holds a connection already, where the runtime has async contexts. Who asks for a second
 * one can wait for ever: for others who hold theirs and ask for a second one, too.
 */
export class Nesting<T extends Holding> {
  readonly what: Nested;
  // Made for the first who holds something: before, it would cost everybody.
  #storage: Storage<T> | undefined = undefined;
  #warned = false;

  constructor(what: Nested) {
    this.what = what;
  }

  /** Calls `fn` so that what it calls is known to be called by a holder. */
  within<R>(holding: T, fn: () => R): R {
    if (this.what === "allow") return fn();
    this.#storage ??= storage<T>();
    return this.#storage === undefined ? fn() : this.#storage.run(holding, fn);
  }

  /**
   * @returns What the caller holds, if it is to be used again.
   * @throws {TypeError} If the caller holds a connection, and must not ask for another one.
   */
  held(action: string): T | undefined {
    const holding = this.#storage?.getStore();
    if (holding === undefined || holding.released) return undefined;
    if (this.what === "reuse") return holding;
    const message = `Cannot ${action}: expected the connection that the caller holds to be used, received a call of the pool itself, which needs another one`;
    if (this.what === "error") throw new TypeError(message);
    if (!this.#warned) {
      this.#warned = true;
      const where = new TypeError(message);
      report("warning", "nested-acquire", `${message}\n${where.stack ?? ""}`, where);
    }
    return undefined;
  }
}
