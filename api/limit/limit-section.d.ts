import { Section } from "../cancel/section.ts";
import { WaitQueue } from "../cancel/wait.ts";
export type OnTimeout = "hold" | "release";
export declare class LimitSection extends Section {
    #private;
    zombies: number;
    readonly idlers: WaitQueue<void>;
    constructor(concurrency: number, onTimeout: OnTimeout, target: {
        readonly name: string | undefined;
    });
    idle(): void;
    start<T>(fn: () => T | PromiseLike<T>, weight: number, signal: AbortSignal | undefined): Promise<T>;
}
