import { quiet } from "../cancel/tree.ts";
import { grant, Wait, type WaitQueue } from "../cancel/wait.ts";
import { Failures } from "../task/failures.ts";
import type { Holder, Wanted } from "./batch-keys.ts";

/** A wait for one of several keys. */
export class Part<V> extends Wait<V> {
  readonly #whole: Whole<V>;

  constructor(wanted: WaitQueue<V>, whole: Whole<V>, payload: unknown) {
    super(wanted, payload);
    this.#whole = whole;
    whole.parts.push(this);
  }

  override commit(value: V | PromiseLike<V>, failed: boolean): void {
    super.commit(value, failed);
    if (failed) this.#whole.fails((this.line as Wanted<unknown, V>).holder);
  }
}

/** The waits of one caller for several keys. */
export class Whole<V> {
  readonly parts: Part<V>[] = [];
  #failing = false;

  /** One has failed of those that somebody has: a load, which will tell the others that it has. */
  fails(holder: Holder<never, V>): void {
    if (this.#failing) return;
    this.#failing = true;
    // At once, for no other load to begin with what is not wanted any more.
    this.#abandon((other) => other !== holder);
    queueMicrotask(() => this.#abandon(() => true));
  }

  #abandon(isMeant: (holder: Holder<never, V>) => boolean): void {
    for (const part of this.parts) {
      const wanted = part.line as Wanted<never, V>;
      if (isMeant(wanted.holder) && grant(part, undefined as V)) wanted.left();
    }
  }

  /**
   * What all of them give, in their order.
   *
   * @throws What the first has failed with.
   */
  result(): Promise<V[]> {
    const failures = new Failures();
    let first: Part<V> | undefined;
    const heard = this.parts.map((part) =>
      part.promise.catch((error: unknown) => {
        failures.add(error);
        first ??= part;
      }),
    );
    const result = Promise.all(heard).then((values) => {
      if (first === undefined) return values as V[];
      // As with a wait, it is nobody's duty to handle a cancellation.
      if (first.cause !== undefined) void quiet(result);
      throw failures.error("first");
    });
    return result;
  }
}
