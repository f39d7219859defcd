import type { DbErrorKind, DbFailure } from "./driver.ts";
export interface DatabaseErrorDetails extends DbFailure {
    readonly driver: string;
    readonly text?: string | undefined;
    readonly cause?: unknown;
}
export declare class DatabaseError extends Error {
    readonly name: "DatabaseError";
    readonly kind: DbErrorKind;
    readonly code: string | number | undefined;
    readonly driver: string;
    readonly text: string | undefined;
    constructor(action: string, { kind, code, driver, text, cause }: DatabaseErrorDetails);
    get retryable(): boolean;
    static [Symbol.hasInstance](value: unknown): boolean;
}
