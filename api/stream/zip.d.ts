import type { WaitOptions } from "../cancel/sleep.ts";
import type { ItemStream } from "./outlet.ts";
import { type SourceItem, type StreamSource } from "./source.ts";
export interface ZipOptions extends WaitOptions {
    strict?: boolean | undefined;
}
export type Zipped<S extends readonly StreamSource<unknown>[]> = {
    -readonly [K in keyof S]: SourceItem<S[K]>;
};
export declare function zip<S extends readonly StreamSource<unknown>[]>(sources: readonly [...S], options?: ZipOptions): ItemStream<Zipped<S>>;
