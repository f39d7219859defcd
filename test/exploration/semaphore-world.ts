import type { Permit, Semaphore } from "corral";
import { type Deferred, deferred } from "../support/deferred.ts";
import { Cancelling } from "./cancelling.ts";
import type { Library } from "./library.ts";
import { must } from "./must.ts";

class Claim {
  readonly weight: number;
  state: "waits" | "has" | "left" | "failed" = "waits";
  /** Whether it was in line. */
  waited = false;
  permit: Permit | undefined;
  readonly done: Deferred<void> = deferred();
  /** It was cancelled before it could get anything. */
  doomed = false;

  constructor(weight: number) {
    this.weight = weight;
  }
}

/** A semaphore, and those who want it. One holds some of it from the start. */
export class SemaphoreWorld {
  readonly semaphore: Semaphore;
  readonly cancelling: Cancelling;
  /** In the order of their calls. */
  readonly claims: Map<string, Claim> = new Map();
  /** Those who waited and heard, in that order. */
  readonly heard: Claim[] = [];
  permits = 2;

  constructor(library: Library, by: "scope" | "signal", held: number) {
    this.semaphore = new library.Semaphore(this.permits);
    this.cancelling = new Cancelling(library, by);
    const first = this.#claim("first", held);
    first.permit = this.semaphore.tryAcquire({ weight: held })!;
    first.state = "has";
  }

  #claim(name: string, weight: number): Claim {
    const claim = new Claim(weight);
    this.claims.set(name, claim);
    return claim;
  }

  #begin(claim: Claim, begin: (failed: () => void) => void): void {
    const { waiting } = this.semaphore;
    begin(() => {
      claim.state = "failed";
    });
    claim.waited = this.semaphore.waiting > waiting;
  }

  #has(claim: Claim): void {
    claim.state = "has";
    if (claim.waited) this.heard.push(claim);
  }

  acquire(name: string, weight: number, signal: AbortSignal | undefined, then?: () => void): void {
    const claim = this.#claim(name, weight);
    this.#begin(claim, (failed) => {
      this.semaphore.acquire({ weight, signal }).then((permit) => {
        claim.permit = permit;
        this.#has(claim);
        then?.();
      }, failed);
    });
  }

  run(name: string, weight: number, signal: AbortSignal | undefined): void {
    const claim = this.#claim(name, weight);
    const body = (): Promise<void> => {
      this.#has(claim);
      return claim.done.promise;
    };
    this.#begin(claim, (failed) => {
      this.semaphore.run(body, { weight, signal }).catch(failed);
    });
  }

  knows(name: string): boolean {
    return this.claims.get(name)?.state !== "waits";
  }

  leave(name: string): void {
    const claim = this.claims.get(name)!;
    if (claim.state !== "has") return;
    claim.state = "left";
    if (claim.permit === undefined) claim.done.resolve();
    else claim.permit.release();
  }

  resize(permits: number): void {
    this.permits = permits;
    this.semaphore.resize(permits);
  }

  atRest(): void {
    const { available, waiting } = this.semaphore;
    const all = [...this.claims.values()];
    const pending = all.filter(({ state }) => state === "waits");
    const held = all.filter(({ state }) => state === "has");
    const weight = held.reduce((sum, claim) => sum + claim.weight, 0);
    must(!held.some(({ doomed }) => doomed), "somebody was served who was cancelled before");
    must(weight === this.permits - available, "what is held and what is free are not all there is");
    must(pending.length === waiting, "who is pending is not who waits");
    const [first] = pending;
    must(first === undefined || first.weight > available, "somebody waits who could be served");
    const waits = all.findIndex(({ state }) => state === "waits");
    const overtaken = all.slice(waits).some(({ state }) => state === "has" || state === "left");
    must(waits < 0 || !overtaken, "a newcomer has overtaken");
    const inOrder = all.filter((claim) => this.heard.includes(claim));
    must(
      inOrder.every((claim, i) => claim === this.heard[i]),
      "they are not served in order",
    );
  }

  atEnd(left: readonly string[]): void {
    must(left.length === 0, `nobody ever could: ${left.join(", ")}`);
    must(this.semaphore.available === this.permits, "not all permits have come back");
    must(this.semaphore.waiting === 0, "somebody is left in line");
    must(this.cancelling.listeners === 0, "a listener is left on the signal");
  }
}
