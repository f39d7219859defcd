import { runtime } from "../internal/runtime.ts";
import { detached } from "../cancel/ambient.ts";

/** Something to be done at home; it does not throw. */
export interface Errand {
  begin(): void;
}

/** The part of `AsyncResource` that is used: it keeps the async context that it was made in. */
interface Resource {
  runInAsyncScope<T>(fn: () => T, self?: unknown): T;
}

interface Probe {
  enterWith?(store: unknown): void;
  getStore(): unknown;
  disable?(): void;
}

interface NodeProcess {
  getBuiltinModule?: (name: string) => {
    readonly AsyncResource: new (type: string) => Resource;
    readonly AsyncLocalStorage: new () => Probe;
  };
}

/**
 * Whether what is set in a context that is entered stays set in it, so that each errand needs a copy. It
 * does where a storage keeps its values on the resource: on Node before 24.
 */
let stays: boolean | undefined;

/** So many are begun at once within each other. */
const MOST_WITHIN = 50;
let within = 0;

/**
 * The async context that it was made in, without its scope: what serves many callers runs there, and not
 * in the context of the one who happened to come first, whose identity it would act with.
 */
export class Home {
  /** Makes a context like the one that it is called in. */
  readonly #create: (() => Resource) | undefined;
  readonly #place: Resource | undefined;
  #due: Errand[] = [];

  constructor() {
    const { process } = globalThis as { process?: NodeProcess };
    const hooks = process?.getBuiltinModule?.("node:async_hooks");
    if (hooks === undefined) return;
    const create = (): Resource => new hooks.AsyncResource("corral");
    this.#create = create;
    const place = detached(create);
    this.#place = place;
    if (stays === undefined) {
      const probe = new hooks.AsyncLocalStorage();
      place.runInAsyncScope(() => probe.enterWith?.(place));
      stays = place.runInAsyncScope(() => probe.getStore()) === place;
      probe.disable?.();
    }
  }

  /** Calls a function there, and gives what it gives. What that sets in its context may stay set. */
  call<T>(fn: () => T): T {
    const place = this.#place;
    return detached(place === undefined ? fn : () => place.runInAsyncScope(fn));
  }

  /**
   * A promise that may be kept for long. Before Node 24 each promise keeps the async context that it was made
   * in, with all that some caller has in it; so this one is made there.
   */
  promiseOf<T>(value: T): Promise<T> {
    return stays === true ? this.call(() => Promise.resolve(value)) : Promise.resolve(value);
  }

  /** Does it there in a later microtask, after those that were asked for before. */
  soon(errand: Errand): void {
    if (this.#due.push(errand) > 1) return;
    queueMicrotask(() => {
      const due = this.#due;
      this.#due = [];
      for (const one of due) this.run(one);
    });
  }

  /** Does it at once, there. A long chain, each within the one before, goes on in a later microtask. */
  run(errand: Errand): void {
    // No function in here shares a variable, or all of them would be allocated for each errand.
    if (within >= MOST_WITHIN) {
      queueMicrotask(this.run.bind(this, errand));
      return;
    }
    const { frame } = runtime;
    runtime.frame = undefined;
    within++;
    const place = stays === true ? this.#place!.runInAsyncScope(this.#create!) : this.#place;
    try {
      if (place === undefined) detached(errand.begin.bind(errand));
      // oxlint-disable-next-line typescript/unbound-method -- it gets its `this` beside it
      else place.runInAsyncScope(errand.begin, errand);
    } finally {
      within--;
      runtime.frame = frame;
    }
  }
}
