import { Section } from "../cancel/section.ts";
import { WaitQueue } from "../cancel/wait.ts";
export type OnTimeout = "hold" | "release";
export declare function onTimeoutIn(action: string, options: {
    onTimeout?: OnTimeout | undefined;
} | undefined): OnTimeout;
export interface Calls {
    zombies: number;
    readonly onTimeout: OnTimeout;
    readonly idlers: WaitQueue<void>;
}
export declare class LimitSection extends Section {
    #private;
    readonly calls: Calls;
    constructor(concurrency: number, kind: string, calls: Calls);
    idle(): void;
    clear(action: string): void;
    start<T>(fn: () => T | PromiseLike<T>, weight: number, signal: AbortSignal | undefined): Promise<T>;
}
