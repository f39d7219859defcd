import { type EachOptions, type ItemFunction } from "./each.ts";
import { MappedStream } from "./mapped-stream.ts";
import { type StreamSource } from "./source.ts";
import type { SupplyOptions } from "./supply.ts";
export interface StreamOptions<T = unknown> extends EachOptions<T> {
    ordered?: boolean | undefined;
    buffer?: number | undefined;
}
export interface StreamNames {
    readonly name: string;
    readonly action: string;
    readonly argument: string;
}
export declare function streamOf<T, R, V>({ name, action, argument }: StreamNames, items: StreamSource<T>, fn: ItemFunction<T, R>, options: StreamOptions<T>, rest: Pick<SupplyOptions<T, R, V>, "select" | "onDiscard">): MappedStream<V>;
