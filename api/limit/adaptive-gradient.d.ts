import type { Algorithm } from "./adaptive-algorithm.ts";
import { type LatencyOptions } from "./adaptive-latency.ts";
export interface GradientOptions extends LatencyOptions {
    tolerance?: number | undefined;
}
export declare function gradient(options?: GradientOptions): Algorithm;
