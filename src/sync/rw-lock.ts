import type { Section } from "../cancel/section.ts";
import { Lock } from "./lock.ts";
import { Permit } from "./permit.ts";
import { Permits } from "./permits.ts";
import { Primitive, type PrimitiveOptions } from "./primitive.ts";

/** A reader takes one place, a writer all. */
const ALL = 2 ** 30;

/** The figures of a reader-writer lock. */
export interface RwLockStats {
  readonly readers: number;
  readonly writing: boolean;
  /** How many wait in line, readers and writers. */
  readonly waiting: number;
}

function statsOf({ held, line }: Section): RwLockStats {
  const writing = held === ALL;
  return Object.freeze({ readers: writing ? 0 : held, writing, waiting: line.length });
}

/** What a writer holds. */
export class WritePermit extends Permit {
  /**
   * Lets the readers in that wait before the next writer, and goes on reading itself: nobody writes in
   * between. This permit has ended then.
   *
   * @throws {TypeError} If it has ended already.
   */
  downgrade(): Permit {
    const section = this.take() as Permits | undefined;
    if (section === undefined) {
      throw new TypeError(
        "Cannot downgrade a permit: expected one that is held, received one that was released",
      );
    }
    const permit = section.permit(1);
    section.leave(ALL - 1);
    return permit;
  }
}

class RwPermits extends Permits {
  override permit(weight: number): Permit {
    return weight === 1 ? new Permit(this, 1) : new WritePermit(this, weight);
  }
}

class Side<P extends Permit> extends Lock<P> {
  override stats(): RwLockStats {
    return statsOf(this.permits);
  }

  /** @internal */
  override get kind(): string {
    return "RwLock";
  }
}

/**
 * Lets many readers in at once, or one writer.
 *
 * First come, first served, for both: readers that come while a writer waits stay behind it, so neither
 * starves the other. Hence who reads must not ask to read again inside: a writer may wait in between.
 *
 * @example
 * ```ts
 * import { RwLock } from "corral";
 *
 * const lock = new RwLock();
 * const settings = new Map([["colour", "red"]]);
 * await lock.write.run(async () => settings.set("colour", "blue"));
 * console.log(await lock.read.run(() => settings.get("colour"))); // blue
 * ```
 */
export class RwLock extends Primitive {
  /** To hold it with other readers. */
  readonly read: Lock;
  /** To hold it alone. */
  readonly write: Lock<WritePermit>;

  /** @throws {TypeError} If the options are no object. */
  constructor(options?: PrimitiveOptions) {
    super("create a reader-writer lock", options);
    const permits = new RwPermits(ALL, "rw-lock", this);
    this.read = new Side(() => permits, 1, "a lock for reading", options);
    this.write = new Side(() => permits, ALL, "a lock for writing", options);
  }

  override stats(): RwLockStats {
    return this.read.stats() as RwLockStats;
  }

  /** @internal */
  override get kind(): string {
    return "RwLock";
  }
}
