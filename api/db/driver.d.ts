export type DbRow = Record<string, unknown>;
export interface DbResult<Row = DbRow> {
    readonly rows: Row[];
    readonly rowCount: number;
    readonly insertId?: number | bigint | undefined;
}
export type DbErrorKind = "serialization" | "deadlock" | "lock" | "unique" | "foreign-key" | "not-null" | "check" | "syntax" | "cancelled" | "connection" | "aborted" | "other";
export interface DbFailure {
    readonly kind: DbErrorKind;
    readonly code?: string | number | undefined;
}
export type DialectName = "postgres" | "mysql" | "sqlite";
export interface InsertRows {
    readonly table: string;
    readonly columns: readonly string[];
    readonly rows: readonly (readonly unknown[])[];
}
export interface DbDriver<C = unknown> {
    readonly name: string;
    readonly dialect: DialectName;
    readonly max?: number | undefined;
    connect(signal: AbortSignal): Promise<C>;
    disconnect(connection: C): Promise<void> | void;
    query(connection: C, text: string, params: readonly unknown[]): Promise<DbResult<unknown>>;
    cancel?(connection: C, signal: AbortSignal): Promise<void>;
    isOpen?(connection: C): boolean;
    inTransaction?(connection: C): boolean | undefined;
    reset?(connection: C): Promise<void>;
    failure(error: unknown): DbFailure;
    insert?(connection: C, rows: InsertRows): Promise<number>;
    native?(connection: C): object;
    close?(): Promise<void> | void;
}
