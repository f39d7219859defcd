import { now } from "../cancel/clock.ts";
import type { PoolClosing } from "./pool-closing.ts";
import type { DestroyReason } from "./pool-event.ts";
import type { Settings } from "./pool-settings.ts";
import type { Resource } from "./resource.ts";

/** Which resources may be used, which are to be looked at before, and which have to go. */
export class PoolFitness<K, T> {
  readonly #settings: Settings<K, T>;
  readonly #closing: PoolClosing<K, T>;
  /** Whether an idle resource can be used as it is, without looking at it. */
  readonly plain: boolean;
  /** Whether it matters since when a resource is idle. */
  readonly timed: boolean;

  constructor(settings: Settings<K, T>, closing: PoolClosing<K, T>) {
    const { validate, maxIdleMs, maxLifetimeMs, validateAfterIdleMs } = settings;
    const limited = Math.min(maxIdleMs, maxLifetimeMs) < Infinity;
    this.#settings = settings;
    this.#closing = closing;
    this.plain = validate === undefined && !limited;
    this.timed = limited || (validate !== undefined && validateAfterIdleMs > 0);
  }

  /** When the lifetime of a resource is over that is made now. */
  lifetime(): number {
    const { maxLifetimeMs, lifetimeJitter } = this.#settings;
    if (maxLifetimeMs === Infinity) return Infinity;
    return now() + maxLifetimeMs * (1 - Math.random() * lifetimeJitter);
  }

  /** Why a resource that comes back is not to be used again. */
  unfitness(resource: Resource<K, T>): DestroyReason | undefined {
    if (this.#closing.begun && (this.#closing.terminated || resource.shelf.line.length === 0)) {
      return "closed";
    }
    if (resource.generation !== resource.shelf.generation) return "expired";
    if (resource.uses >= this.#settings.maxUses) return "uses";
    // Whatever is new is used once, lest new ones be made for ever.
    if (resource.expiresAt === Infinity || resource.uses === 0) return undefined;
    return resource.expiresAt <= now() ? "lifetime" : undefined;
  }

  /** Why a resource that is idle is not to be used again. */
  staleness(resource: Resource<K, T>): DestroyReason | undefined {
    if (!this.timed) return undefined;
    const time = now();
    if (resource.expiresAt <= time) return "lifetime";
    return this.#idlesUntil(resource) <= time ? "idle" : undefined;
  }

  /** Until when an idle resource may be left alone. */
  restsUntil(resource: Resource<K, T>): number {
    return Math.min(resource.expiresAt, this.#idlesUntil(resource));
  }

  #idlesUntil(resource: Resource<K, T>): number {
    const { maxIdleMs, min } = this.#settings;
    return resource.shelf.existing > min ? resource.since + maxIdleMs : Infinity;
  }

  /** Whether a resource is to be validated before it is used. */
  isDoubtful(resource: Resource<K, T>): boolean {
    const { validate, validateAfterIdleMs } = this.#settings;
    if (validate === undefined) return false;
    return validateAfterIdleMs <= 0 || now() - resource.since >= validateAfterIdleMs;
  }
}
