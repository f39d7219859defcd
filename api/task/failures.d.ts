export type Throws = "first" | "aggregate";
export declare class Failures {
    #private;
    readonly list: unknown[];
    add(error: unknown): boolean;
    error(throws: Throws): unknown;
}
export declare function failuresOf(error: unknown): readonly unknown[];
