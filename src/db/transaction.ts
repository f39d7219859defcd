import { checkpoint, CancelScope, ClosedError } from "../index.ts";
import { misuse } from "./arguments.ts";
import type { Beginning } from "./dialect.ts";
import { checkTransaction, type DbConnection, Handle } from "./handle.ts";
import type { Holding, Nesting } from "./nesting.ts";
import type { SavepointOptions, TransactionOptions } from "./query-options.ts";
import type { Session } from "./session.ts";
import {
  aborted,
  begin,
  commit,
  type Ends,
  type EndTimes,
  rollBack,
  undo,
} from "./transaction-ends.ts";

/** What all transactions of a pool have in common. */
export interface TransactionSettings extends EndTimes {
  readonly nesting: Nesting<Handle & Holding>;
}

type Body<T> = (transaction: DbConnection, scope: CancelScope) => T | PromiseLike<T>;

/** A transaction, or one within another one. */
class Transaction extends Handle implements Holding {
  readonly #settings: TransactionSettings;
  /** Says whether what it is on can be used. */
  readonly #outer: (action: string) => void;
  readonly #depth: number;
  #ended = false;
  /** Whether a savepoint is open, through which alone is spoken. */
  #nested = false;

  constructor(
    session: Session,
    scope: CancelScope,
    settings: TransactionSettings,
    outer: (action: string) => void,
    depth: number,
  ) {
    super(session, scope.signal);
    this.#settings = settings;
    this.#outer = outer;
    this.#depth = depth;
  }

  get released(): boolean {
    return this.#ended;
  }

  end(): void {
    this.#ended = true;
  }

  override check(action: string): void {
    if (this.#ended) throw new ClosedError(`Cannot ${action}: the transaction has ended`);
    this.#outer(action);
    if (this.#nested) {
      throw new TypeError(
        `Cannot ${action}: expected the nested transaction to be used while it is open, received a call of the one around it`,
      );
    }
    // A server that has rolled it all back takes what comes next as what stands alone.
    if (this.session.failed !== undefined && !this.session.dialect.failsWhole) {
      throw aborted(this.session, action);
    }
  }

  override async transaction<T>(fn: Body<T>, options?: TransactionOptions): Promise<T> {
    checkTransaction(fn, options);
    for (const name of ["isolation", "readOnly", "retries"] as const) {
      const value = options?.[name];
      if (value !== undefined) {
        misuse("run a nested transaction", name, "left to the outermost one", value);
      }
    }
    this.check("run a transaction");
    this.#nested = true;
    try {
      const name = `corral_${this.#depth + 1}`;
      const ends: Ends = {
        before: [`SAVEPOINT ${name}`],
        commit: `RELEASE SAVEPOINT ${name}`,
        rollback: [`ROLLBACK TO SAVEPOINT ${name}`, `RELEASE SAVEPOINT ${name}`],
        after: [],
        nested: true,
      };
      const signal = options?.signal ?? this.signal;
      const outer = (action: string): void => {
        if (this.#ended) throw new ClosedError(`Cannot ${action}: the transaction has ended`);
        this.#outer(action);
      };
      return await run(
        this.session,
        ends,
        fn,
        { ...options, signal },
        this.#settings,
        outer,
        this.#depth + 1,
      );
    } finally {
      this.#nested = false;
    }
  }
}

async function run<T>(
  session: Session,
  ends: Ends,
  fn: Body<T>,
  options: SavepointOptions,
  settings: TransactionSettings,
  outer: (action: string) => void,
  depth: number,
): Promise<T> {
  const { signal, timeoutMs, name = "transaction" } = options;
  const own = new CancelScope({
    name,
    ...(signal === undefined ? undefined : { signal }),
    ...(timeoutMs === undefined ? undefined : { timeoutMs }),
  });
  return own.run(async (scope) => {
    const transaction = new Transaction(session, scope, settings, outer, depth);
    const { rollbackTimeoutMs } = settings;
    try {
      await begin(session, ends, scope.signal, rollbackTimeoutMs);
      session.transacting = true;
      let value: T;
      try {
        value = await settings.nesting.within(transaction, () => fn(transaction, scope));
        transaction.end();
        await checkpoint({ signal: scope.signal });
      } catch (error) {
        transaction.end();
        // What the function has begun and not waited for.
        await session.leave();
        await rollBack(session, ends, rollbackTimeoutMs);
        throw error;
      }
      await commit(session, ends, settings);
      return value;
    } finally {
      if (!ends.nested) session.transacting = false;
      await undo(session, ends.after, rollbackTimeoutMs);
    }
  });
}

/** Runs a function in a transaction on a connection that has none. */
export function runTransaction<T>(
  session: Session,
  fn: Body<T>,
  options: TransactionOptions,
  settings: TransactionSettings,
  outer: (action: string) => void,
): Promise<T> {
  const how: Beginning = { isolation: options.isolation, readOnly: options.readOnly };
  const { before, after } = session.dialect.begin(how);
  const ends: Ends = { before, commit: "COMMIT", rollback: ["ROLLBACK"], after, nested: false };
  return run(session, ends, fn, options, settings, outer, 0);
}
