import { inspect } from "../internal/inspect.ts";
import type { Section } from "../cancel/section.ts";
import { runtime } from "../internal/runtime.ts";

/** The `slot` of a permit that is not watched. */
export const UNWATCHED = -1;

/**
 * What a holder has: `release()` it, or dispose it with `using`. It counts once: releasing it again
 * does nothing, so a stray `finally` mints no permits and frees nobody else's.
 *
 * In development a permit that is collected without having been released is reported.
 */
export class Permit implements Disposable {
  /** @internal */
  slot: number = UNWATCHED;
  #section: Section | undefined;
  readonly weight: number;

  /** @internal */
  constructor(section: Section, weight: number) {
    this.#section = section;
    this.weight = weight;
    runtime.detector?.hold(this);
  }

  /** Gives it back, and hands it to the first in line. */
  release(): void {
    this.take()?.leave(this.weight);
  }

  [Symbol.dispose](): void {
    this.release();
  }

  /** Whether it was released. */
  get released(): boolean {
    return this.#section === undefined;
  }

  toString(): string {
    return `Permit { weight: ${this.weight}, released: ${this.released} }`;
  }

  /** @internal For `console.log`. */
  [inspect](): string {
    return this.toString();
  }

  /** @internal What it is a permit of, until it ends. */
  get source(): object | undefined {
    return this.#section?.line.target as object | undefined;
  }

  /** @internal Ends it without giving the places back; `undefined` if it has ended. */
  take(): Section | undefined {
    const section = this.#section;
    if (section === undefined) return undefined;
    this.#section = undefined;
    if (this.slot !== UNWATCHED) runtime.detector?.release(this);
    return section;
  }
}
