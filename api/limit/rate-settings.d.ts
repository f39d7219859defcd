import type { PrimitiveOptions } from "../sync/primitive.ts";
import type { Meter, Rate } from "./rate-meter.ts";
export type RateKind = "bucket" | "sliding" | "spaced";
export interface RateLimiterOptions extends PrimitiveOptions {
    limit: number;
    perMs: number;
    burst?: number | undefined;
    kind?: RateKind | undefined;
}
export interface RateChange {
    limit?: number | undefined;
    perMs?: number | undefined;
    burst?: number | undefined;
}
export declare function meterOf(action: string, kind: RateKind): (rate: Rate) => Meter;
export declare function rateOf(action: string, kind: RateKind, limit: number, perMs: number, burst: number | undefined): Rate;
export declare function mostOf(kind: RateKind, { limit, burst }: Rate): number;
