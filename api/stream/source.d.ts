import type { ReadableLike } from "../channel/web-streams.ts";
export type StreamSource<T> = Iterable<T> | AsyncIterable<T> | ReadableStream<T> | ReadableLike<T>;
export type SourceItem<S> = S extends AsyncIterable<infer T> ? T : S extends Iterable<infer T> ? T : S extends ReadableStream<infer T> ? T : S extends ReadableLike<infer T> ? T : never;
export type Source<T> = {
    readonly async: false;
    readonly iterator: Iterator<T>;
} | {
    readonly async: true;
    readonly iterator: AsyncIterator<T>;
};
export declare function sourceOf<T>(action: string, items: StreamSource<T>, name?: string): Source<T>;
export declare function closeSource(source: Source<unknown>): Promise<void>;
