import type { WaitOptions } from "../cancel/sleep.ts";
import type { ItemStream } from "./outlet.ts";
import { type SourceItem, type StreamSource } from "./source.ts";
export interface MergeOptions extends WaitOptions {
    buffer?: number | undefined;
}
export declare function merge<S extends StreamSource<unknown>>(sources: StreamSource<S>, options?: MergeOptions): ItemStream<SourceItem<S>>;
