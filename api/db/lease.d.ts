import { type CancelScope, type Lease, type Pool, type PoolAcquireOptions } from "../index.ts";
import { type DbConnection, Handle } from "./handle.ts";
import type { Holding } from "./nesting.ts";
import type { TransactionOptions } from "./query-options.ts";
import type { Session } from "./session.ts";
import { type TransactionSettings } from "./transaction.ts";
export declare function withRetries<T>({ retries, signal }: TransactionOptions, attempt: () => Promise<T>): Promise<T>;
export declare function lend(pool: Pool<Session>, options: PoolAcquireOptions | undefined): Promise<Lease<Session>>;
export declare function giveBack(lease: Lease<Session>, session: Session): Promise<void>;
export declare abstract class Lent extends Handle implements Holding {
    #private;
    constructor(session: Session, settings: TransactionSettings, signal: AbortSignal | undefined);
    abstract get released(): boolean;
    transaction<T>(fn: (transaction: DbConnection, scope: CancelScope) => T | PromiseLike<T>, options?: TransactionOptions): Promise<T>;
}
export declare class Prepared extends Lent {
    #private;
    get released(): boolean;
    end(): void;
}
export declare class DbLease extends Lent implements AsyncDisposable {
    #private;
    get released(): boolean;
    release(): Promise<void>;
    destroy(reason?: unknown): Promise<void>;
    [Symbol.asyncDispose](): Promise<void>;
}
