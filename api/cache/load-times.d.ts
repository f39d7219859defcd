export interface LoadTimeStats {
    readonly p50: number;
    readonly p90: number;
    readonly p99: number;
}
export declare class LoadTimes {
    #private;
    add(ms: number): void;
    stats(): LoadTimeStats;
}
