import { detached, sleep } from "corral";
import type { DbDriver, DbErrorKind, DbFailure, DbResult, DialectName } from "corral/db";

/** What the fake database fails with. */
export class FakeError extends Error {
  readonly kind: DbErrorKind;

  constructor(kind: DbErrorKind, message: string = kind) {
    super(message);
    this.kind = kind;
  }
}

export interface FakeConnection {
  readonly id: number;
  open: boolean;
  /** Ends the query that runs. */
  interrupt: (() => void) | undefined;
}

type Handler = (connection: FakeConnection, params: readonly unknown[]) => unknown;

/** A database that takes its time on the clock of the test, and writes down what it is asked. */
export class FakeDriver implements DbDriver<FakeConnection> {
  readonly name = "fake";
  readonly dialect: DialectName;
  max: number | undefined;
  /** What it was asked, with the number of the connection. */
  readonly log: string[] = [];
  /** How long it takes to connect. */
  connectMs = 0;
  /** How many of the first requests to end a query come too early to meet it. */
  early = 0;
  /** What a request to end a query does. */
  onCancel: ((connection: FakeConnection, signal: AbortSignal) => Promise<void> | void) | undefined;
  onReset: ((connection: FakeConnection) => Promise<void> | void) | undefined;
  onConnect: ((signal: AbortSignal) => Promise<void> | void) | undefined;
  /** By the first word of a statement. */
  readonly handlers: Map<string, Handler> = new Map();
  connections = 0;
  /** The connection that was made last. */
  last: FakeConnection | undefined;
  closed = 0;

  constructor(dialect: DialectName = "postgres") {
    this.dialect = dialect;
  }

  async connect(signal: AbortSignal): Promise<FakeConnection> {
    const id = ++this.connections;
    this.log.push(`${id} connect`);
    if (this.connectMs > 0) await detached(() => sleep(this.connectMs));
    await this.onConnect?.(signal);
    return (this.last = { id, open: true, interrupt: undefined });
  }

  disconnect(connection: FakeConnection): void {
    connection.open = false;
    this.log.push(`${connection.id} disconnect`);
    connection.interrupt?.();
  }

  async query(
    connection: FakeConnection,
    text: string,
    params: readonly unknown[],
  ): Promise<DbResult<unknown>> {
    this.log.push(`${connection.id} ${text}`);
    const word = text.split(" ")[0]!;
    const handler = this.handlers.get(word);
    if (handler !== undefined) {
      const rows = await handler(connection, params);
      return Array.isArray(rows) ? { rows, rowCount: rows.length } : { rows: [], rowCount: 0 };
    }
    if (text.startsWith("SELECT slow")) await this.#slow(connection, Number(text.split(" ")[2]));
    if (word === "FAIL") throw new FakeError(text.split(" ")[1] as DbErrorKind);
    return { rows: [{ text, params }], rowCount: 1 };
  }

  async #slow(connection: FakeConnection, ms: number): Promise<void> {
    let interrupted = false;
    const stopped = new Promise<void>((resolve) => {
      connection.interrupt = () => {
        interrupted = true;
        resolve();
      };
    });
    await Promise.race([detached(() => sleep(ms)), stopped]);
    connection.interrupt = undefined;
    this.log.push(`${connection.id} ${interrupted ? "interrupted" : "ended"}`);
    if (interrupted) throw new FakeError("cancelled");
  }

  async cancel(connection: FakeConnection, signal: AbortSignal): Promise<void> {
    this.log.push(`${connection.id} cancel`);
    await this.onCancel?.(connection, signal);
    if (this.early-- > 0) return;
    connection.interrupt?.();
  }

  isOpen({ open }: FakeConnection): boolean {
    return open;
  }

  async reset(connection: FakeConnection): Promise<void> {
    this.log.push(`${connection.id} reset`);
    await this.onReset?.(connection);
  }

  failure(error: unknown): DbFailure {
    return error instanceof FakeError
      ? { kind: error.kind, code: `code of ${error.kind}` }
      : { kind: "other" };
  }

  close(): void {
    this.closed++;
    this.log.push("close");
  }
}

/** Waits on the clock of the test, out of reach of the scope around it. */
export function pause(ms: number): Promise<void> {
  return detached(() => sleep(ms));
}
