import type { Frame, Held } from "../cancel/frame.ts";
import { type Wait, WaitQueue } from "../cancel/wait.ts";
export declare class Places implements Held {
    readonly frames: Frame[];
    readonly line: WaitQueue;
    readonly most: number;
    constructor(most: number, target: unknown);
    left(wait: Wait): void;
}
