import type { DialectName } from "./driver.ts";
export type Isolation = "read uncommitted" | "read committed" | "repeatable read" | "serializable";
export interface Beginning {
    readonly isolation?: Isolation | undefined;
    readonly readOnly?: boolean | undefined;
}
export interface Dialect {
    begin(how: Beginning): {
        readonly before: readonly string[];
        readonly after: readonly string[];
    };
    readonly quote: (name: string) => string;
    readonly placeholder: (number: number) => string;
    readonly maxParams: number;
    readonly failsWhole: boolean;
}
export declare function dialectOf(name: DialectName): Dialect;
export declare function quoteTable(dialect: Dialect, name: string): string;
