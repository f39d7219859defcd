import { type Wait, WaitQueue } from "../cancel/wait.ts";
import type { Places } from "./batch-places.ts";

/** Who has a key: the loader, until a batch is sent with it; then that. */
export interface Holder<K, V> {
  /** A caller does not want the key any more. */
  left(wanted: Wanted<K, V>): void;
}

/** A key that is wanted, and the line of those who wait for what is loaded for it. */
export class Wanted<K, V> extends WaitQueue<V> {
  readonly key: K;
  readonly id: unknown;
  /** When it is to be sent at the latest, on the clock of `now()`. */
  readonly due: number;
  /** Counts up in the order in which keys come. */
  order = 0;
  holder: Holder<K, V>;
  /** What it waits for, where a proof of a deadlock looks for it. */
  slots: Places;
  before: Wanted<K, V> | undefined = undefined;
  after: Wanted<K, V> | undefined = undefined;

  constructor(
    key: K,
    id: unknown,
    due: number,
    holder: Holder<K, V>,
    slots: Places,
    target: object,
  ) {
    super("batch", target, Wanted.#left);
    this.key = key;
    this.id = id;
    this.due = due;
    this.holder = holder;
    this.slots = slots;
  }

  static #left<V>(this: void, wait: Wait<V>): void {
    (wait.line as Wanted<unknown, V>).left();
  }

  /** One who waited has gone, and was given nothing. */
  left(): void {
    this.holder.left(this);
  }
}

/** The keys that are to be sent, each once, in the order in which they came. */
export class KeyLine<K, V> {
  readonly #byId = new Map<unknown, Wanted<K, V>>();
  first: Wanted<K, V> | undefined = undefined;
  #last: Wanted<K, V> | undefined = undefined;
  /** How many there ever were: the order of the latest. */
  count = 0;

  get size(): number {
    return this.#byId.size;
  }

  get(id: unknown): Wanted<K, V> | undefined {
    return this.#byId.get(id);
  }

  push(wanted: Wanted<K, V>): void {
    wanted.order = ++this.count;
    wanted.before = this.#last;
    if (this.#last === undefined) this.first = wanted;
    else this.#last.after = wanted;
    this.#last = wanted;
    this.#byId.set(wanted.id, wanted);
  }

  remove(wanted: Wanted<K, V>): void {
    const { before, after } = wanted;
    if (before === undefined) this.first = after;
    else before.after = after;
    if (after === undefined) this.#last = before;
    else after.before = before;
    wanted.before = wanted.after = undefined;
    this.#byId.delete(wanted.id);
  }

  /** Takes out the first `most`, or fewer if there are not so many. */
  take(most: number): Wanted<K, V>[] {
    const taken: Wanted<K, V>[] = [];
    for (let wanted = this.first; wanted !== undefined; wanted = this.first) {
      if (taken.length === most) break;
      this.remove(wanted);
      taken.push(wanted);
    }
    return taken;
  }
}
