import type { WaitOptions } from "../cancel/sleep.ts";
import type { ItemStream } from "./outlet.ts";
import { type StreamSource } from "./source.ts";
interface BySize {
    size: number;
}
interface ByTime {
    withinMs: number;
}
export type ChunkOptions = WaitOptions & ((BySize & {
    [K in keyof ByTime]?: ByTime[K] | undefined;
}) | (ByTime & {
    [K in keyof BySize]?: BySize[K] | undefined;
}));
export declare function chunk<T>(items: StreamSource<T>, options: ChunkOptions): ItemStream<T[]>;
export {};
