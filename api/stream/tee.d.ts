import type { WaitOptions } from "../cancel/sleep.ts";
import { type ItemStream } from "./outlet.ts";
import { type StreamSource } from "./source.ts";
export interface TeeOptions extends WaitOptions {
    capacity: number;
}
export type Branches<T, N extends number> = N extends 1 ? [ItemStream<T>] : N extends 2 ? [ItemStream<T>, ItemStream<T>] : N extends 3 ? [ItemStream<T>, ItemStream<T>, ItemStream<T>] : N extends 4 ? [ItemStream<T>, ItemStream<T>, ItemStream<T>, ItemStream<T>] : ItemStream<T>[];
export declare function tee<T>(items: StreamSource<T>, options: TeeOptions): Branches<T, 2>;
export declare function tee<T, const N extends number>(items: StreamSource<T>, n: N, options: TeeOptions): Branches<T, N>;
