import { DatabaseError } from "./database-error.ts";
import type { Session } from "./session.ts";
export interface Ends {
    readonly before: readonly string[];
    readonly commit: string;
    readonly rollback: readonly string[];
    readonly after: readonly string[];
    readonly nested: boolean;
}
export interface EndTimes {
    readonly commitTimeoutMs: number;
    readonly rollbackTimeoutMs: number;
}
export declare function aborted(session: Session, action: string): DatabaseError;
export declare function rollBack(session: Session, { rollback, nested }: Pick<Ends, "rollback" | "nested">, timeoutMs: number): Promise<void>;
export declare function undo(session: Session, statements: readonly string[], timeoutMs: number): Promise<void>;
export declare function commit(session: Session, ends: Ends, { commitTimeoutMs, rollbackTimeoutMs }: EndTimes): Promise<void>;
export declare function begin(session: Session, ends: Ends, signal: AbortSignal, rollbackTimeoutMs: number): Promise<void>;
