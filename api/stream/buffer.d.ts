import type { WaitOptions } from "../cancel/sleep.ts";
import type { ItemStream } from "./outlet.ts";
import { type StreamSource } from "./source.ts";
export declare function buffer<T>(items: StreamSource<T>, size: number, options?: WaitOptions): ItemStream<T>;
