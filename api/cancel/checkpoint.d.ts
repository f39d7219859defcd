import type { WaitOptions } from "./sleep.ts";
export declare function checkpoint(options?: WaitOptions): Promise<void> | undefined;
export declare function currentSignal(): AbortSignal;
