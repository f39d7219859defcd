import { grant, type Wait } from "../cancel/wait.ts";
import type { Ask } from "./ask.ts";
import { Lease } from "./lease.ts";
import type { DestroyReason } from "./pool-event.ts";
import type { Resource } from "./resource.ts";
import { ShelfPlaces } from "./shelf-places.ts";
import { destroyResource, resetResource, validateResource } from "./tending.ts";

/**
 * The resources of one key, and those who wait for one. What comes back is handed to the first in line in
 * the same step. A resource that is being made is nobody's: who is first when it is there gets it.
 */
export class Shelf<K, T> extends ShelfPlaces<K, T> {
  /** Takes one that is idle, if that overtakes nobody. */
  take(name: string | undefined, site: Error | undefined): Lease<T> | undefined {
    if (this.line.length > 0 || this.starting > 0) return undefined;
    const resource = this.#pop();
    if (resource === undefined) return undefined;
    const lease = this.#lend(resource, name, site);
    if (this.store.isHeard) this.store.settle(this);
    return lease;
  }

  /** A wait has left the line without anything. */
  left(wait: Wait): void {
    (wait.payload as Ask).timer?.cancel();
    this.store.settle(this);
  }

  /** Hands what there is to those in line. */
  serve(): void {
    // Those whose resource is being validated are as good as served.
    while (this.line.length > this.checking) {
      const resource = this.#pop();
      if (resource === undefined) return;
      this.#put(resource);
    }
  }

  /** The one to use next of those that are idle; `undefined` also while it is being validated. */
  #pop(): Resource<K, T> | undefined {
    const { idle, store } = this;
    for (let resource = idle.last; resource !== undefined; resource = idle.last) {
      idle.remove(resource);
      if (store.fitness.plain) return resource;
      const why = store.fitness.staleness(resource);
      if (why !== undefined) {
        void this.discard(resource, why);
        continue;
      }
      if (!store.fitness.isDoubtful(resource)) return resource;
      const valid = validateResource(resource);
      if (valid === true) return resource;
      if (valid === undefined) return undefined;
    }
    return undefined;
  }

  /** One is free that can be used: it goes to the first in line, or is idle. */
  #put(resource: Resource<K, T>): void {
    const { line, store } = this;
    const next = line.first === undefined ? undefined : line.next();
    if (next !== undefined) {
      const { ask, wait } = next;
      store.counts.waited++;
      if (ask.runs) this.starting++;
      grant(wait, this.#lend(resource, ask.name, ask.site));
    } else if (store.closing.begun) {
      void this.discard(resource, "closed");
    } else {
      this.idle.push(resource);
      store.rests(resource);
    }
  }

  #lend(resource: Resource<K, T>, name: string | undefined, site: Error | undefined): Lease<T> {
    resource.state = "leased";
    resource.turn++;
    resource.uses++;
    resource.name = name;
    resource.site = site;
    this.store.lent(resource);
    return new Lease(resource as never);
  }

  /** It is no longer leased. */
  #takeBack(resource: Resource<K, T>): void {
    resource.state = "tended";
    resource.turn++;
    resource.warned = false;
    resource.name = resource.site = resource.scope = undefined;
    const { store, key } = this;
    if (store.isHeard) store.tell({ kind: "release", key, value: resource.value });
  }

  /** Takes one back. What to wait for, if it takes a while. */
  release(resource: Resource<K, T>): Promise<void> | undefined {
    this.#takeBack(resource);
    const { store } = this;
    if (store.settings.reset !== undefined && store.fitness.unfitness(resource) === undefined) {
      return resetResource(resource);
    }
    this.restore(resource);
    return undefined;
  }

  /** Takes back what nobody has seen. */
  putBack(resource: Resource<K, T>): void {
    this.#takeBack(resource);
    resource.uses--;
    this.restore(resource);
  }

  /** It is as it was when it was made. */
  restore(resource: Resource<K, T>): void {
    const { store } = this;
    const why = store.fitness.unfitness(resource);
    if (why === undefined) this.#put(resource);
    else void this.discard(resource, why);
    if (!store.isCalm || resource.state !== "idle") store.settle(this);
  }

  /** Takes one back to destroy it. */
  discardLeased(resource: Resource<K, T>, reason: DestroyReason, error?: unknown): Promise<void> {
    this.#takeBack(resource);
    return this.discard(resource, reason, error);
  }

  /** Destroys one that is neither idle nor leased. Its place is taken until that has ended. */
  discard(resource: Resource<K, T>, reason: DestroyReason, error?: unknown): Promise<void> {
    this.linger();
    const end = destroyResource(resource, reason, error, () => {
      this.freeLingering();
      this.store.settle(this);
    });
    this.store.settle(this);
    return end;
  }

  /** A lease was collected and never released. */
  lost(resource: Resource<K, T>): void {
    if (resource.state !== "leased") return;
    this.store.rounds.lost(resource);
    void this.discardLeased(resource, "lost");
  }

  /** A creation has given a resource. */
  made(value: T, generation: number): void {
    this.restore(this.store.enter(this, value, generation));
    this.warming.reached(this.existing);
  }

  /** A creation has given a resource after its time. */
  madeLate(value: T, givenUp: boolean): void {
    const resource = this.store.enter(this, value, this.generation);
    void destroyResource(resource, "late", undefined, () => {
      if (!givenUp) this.freeLingering();
      this.store.settle(this);
    });
  }

  /** A creation has failed: somebody hears of it, unless others are under way for all who wait. */
  refuse(error: unknown): boolean {
    const { line, warming } = this;
    const told = warming.refuse(error);
    if (line.length > this.creations.count + this.checking) return line.refuse(error) || told;
    return told || line.length > 0;
  }
}
