import type { Algorithm } from "./adaptive-algorithm.ts";
import { type LatencyOptions } from "./adaptive-latency.ts";
export interface VegasOptions extends LatencyOptions {
    alpha?: number | undefined;
    beta?: number | undefined;
}
export declare function vegas(options?: VegasOptions): Algorithm;
