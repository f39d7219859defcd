export interface WaitOptions {
    signal?: AbortSignal | undefined;
}
export declare function sleep(ms: number, options?: WaitOptions): Promise<void>;
