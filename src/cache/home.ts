import { runtime } from "../internal/runtime.ts";
import { detached } from "../cancel/ambient.ts";

/** Something to be done at home; it does not throw. */
export interface Errand {
  begin(): void;
}

/** The part of `AsyncResource` that is used: it keeps the async context that it was made in. */
interface Resource {
  runInAsyncScope<A extends readonly unknown[]>(
    fn: (...args: A) => void,
    self: undefined,
    ...args: A
  ): void;
}

type ResourceClass = new (type: string) => Resource;

interface Probe {
  enterWith(store: unknown): void;
  getStore(): unknown;
  disable(): void;
}

interface AsyncHooks {
  AsyncResource?: ResourceClass;
  AsyncLocalStorage?: new () => Probe;
}

interface NodeProcess {
  getBuiltinModule?: (name: string) => AsyncHooks | undefined;
}

/**
 * Whether what is set in a context that is entered stays set in it, so that each errand needs a copy. It
 * does before Node 24, where an `AsyncResource` is itself what a storage is kept on.
 */
let stays: boolean | undefined;

function staysSet({ AsyncResource, AsyncLocalStorage }: AsyncHooks): boolean {
  if (AsyncLocalStorage === undefined) return true;
  const probe = new AsyncLocalStorage();
  const place = new AsyncResource!("corral");
  place.runInAsyncScope(() => probe.enterWith(true), undefined);
  let found: unknown;
  place.runInAsyncScope(() => (found = probe.getStore()), undefined);
  probe.disable();
  return found !== undefined;
}

function begin(errand: Errand): void {
  errand.begin();
}

/** In a context of the errand's own, which is made where it is called. */
function beginApart(create: ResourceClass, errand: Errand): void {
  new create("corral").runInAsyncScope(begin, undefined, errand);
}

/** So many are begun at once within each other. */
const MOST_WITHIN = 50;
let within = 0;

/**
 * The async context that it was made in, without its scope: what serves many callers runs there, and not
 * in the context of the one who happened to come first, whose identity it would act with.
 */
export class Home {
  /** Makes the contexts of errands, where each has one of its own. */
  readonly #create: ResourceClass | undefined;
  readonly #place: Resource | undefined;
  #due: Errand[] = [];

  constructor() {
    const { process } = globalThis as { process?: NodeProcess };
    const hooks = process?.getBuiltinModule?.("node:async_hooks");
    const create = hooks?.AsyncResource;
    if (create === undefined) return;
    if ((stays ??= staysSet(hooks!))) this.#create = create;
    this.#place = detached(() => new create("corral"));
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
    if (within >= MOST_WITHIN) {
      queueMicrotask(() => this.run(errand));
      return;
    }
    const { frame } = runtime;
    runtime.frame = undefined;
    within++;
    try {
      if (this.#place === undefined) detached(() => errand.begin());
      else if (this.#create === undefined) this.#place.runInAsyncScope(begin, undefined, errand);
      else this.#place.runInAsyncScope(beginApart, undefined, this.#create, errand);
    } finally {
      within--;
      runtime.frame = frame;
    }
  }
}
