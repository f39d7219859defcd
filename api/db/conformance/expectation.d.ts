export declare class ConformanceError extends Error {
    readonly name: "ConformanceError";
}
export declare function expectEqual(actual: unknown, expected: unknown, what: string): void;
export declare function expectTrue(holds: boolean, what: string): void;
export declare function expectRejection(promise: Promise<unknown>, what: string): Promise<Error>;
