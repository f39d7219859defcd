import { CancelScope } from "../index.ts";
import { type DbConnection, Handle } from "./handle.ts";
import type { Holding, Nesting } from "./nesting.ts";
import type { TransactionOptions } from "./query-options.ts";
import type { Session } from "./session.ts";
import { type EndTimes } from "./transaction-ends.ts";
export interface TransactionSettings extends EndTimes {
    readonly nesting: Nesting<Handle & Holding>;
}
type Body<T> = (transaction: DbConnection, scope: CancelScope) => T | PromiseLike<T>;
export declare function runTransaction<T>(session: Session, fn: Body<T>, options: TransactionOptions, settings: TransactionSettings, outer: (action: string) => void): Promise<T>;
export {};
