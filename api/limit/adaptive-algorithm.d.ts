export interface AdaptiveSample {
    readonly rttMs: number;
    readonly atMs: number;
    readonly inFlight: number;
    readonly dropped: boolean;
    readonly limit: number;
}
export interface Algorithm {
    update(sample: AdaptiveSample): number;
}
export declare function isUsed(inFlight: number, limit: number): boolean;
