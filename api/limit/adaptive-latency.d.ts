import { type AdaptiveSample, type Algorithm } from "./adaptive-algorithm.ts";
export interface LatencyOptions {
    windowCalls?: number | undefined;
    windowMs?: number | undefined;
    probeEvery?: number | undefined;
    decrease?: number | undefined;
    random?: (() => number) | undefined;
}
export type Adjust = (limit: number, baseMs: number, rttMs: number) => number;
export declare class LatencyAlgorithm implements Algorithm {
    #private;
    constructor(action: string, options: LatencyOptions | undefined, adjust: Adjust);
    update(sample: AdaptiveSample): number;
}
