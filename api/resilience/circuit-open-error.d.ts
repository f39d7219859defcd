import { BrandedError } from "../cancel/errors.ts";
export declare class CircuitOpenError extends BrandedError {
    readonly name: "CircuitOpenError";
    readonly retryAfterMs: number;
    readonly breakerName: string | undefined;
    constructor(retryAfterMs: number, breakerName?: string);
}
