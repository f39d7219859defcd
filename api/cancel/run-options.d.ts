export interface RunOptions {
    signal?: AbortSignal | undefined;
}
export interface WeightedRunOptions extends RunOptions {
    weight?: number | undefined;
}
