import { type StreamSource } from "../index.ts";
import type { InsertOptions } from "./query-options.ts";
import type { Session } from "./session.ts";
export type InsertRow = Readonly<Record<string, unknown>> | readonly unknown[];
export declare function checkInsert(table: unknown, rows: unknown, options: InsertOptions | undefined): void;
export declare function insertRows(session: Session, table: string, rows: StreamSource<InsertRow>, options: InsertOptions, check: () => void): Promise<number>;
