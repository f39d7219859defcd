import type { Frame } from "./frame.ts";
import type { RunOptions } from "./run-options.ts";
import { Slots } from "./slots.ts";
import { type Wait } from "./wait.ts";
export declare function weightIn(options: {
    weight?: number | undefined;
} | undefined): number;
export declare class Section extends Slots {
    #private;
    readonly frames: Frame[];
    checkWeight(action: string, weight: number): void;
    get total(): number;
    set total(value: number);
    get most(): number;
    resize(action: string, total: number): void;
    run<T>(action: string, fn: () => T | PromiseLike<T>, options: RunOptions | undefined, weight: number, waits?: Wait<Wait>[]): Promise<T>;
    missed(_wait: Wait): void;
    start<T>(fn: () => T | PromiseLike<T>, weight: number, _signal?: AbortSignal): Promise<T>;
}
