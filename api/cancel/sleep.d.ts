export interface WaitOptions {
    signal?: AbortSignal;
}
export declare function sleep(ms: number, options?: WaitOptions): Promise<void>;
