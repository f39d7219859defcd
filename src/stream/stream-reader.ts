import { seen } from "../internal/arguments.ts";
import type { ReadableLike } from "../channel/web-streams.ts";

const OVER = { value: undefined, done: true } as const;

/** What is used of a stream where it has it; other makes may lack some. */
interface AnyStream<T> {
  readonly locked?: boolean;
  getReader(): ReturnType<ReadableLike<T>["getReader"]> & { releaseLock?: () => void };
}

/** Whether it is a `ReadableStream`, of whatever make. */
export function isStream(items: unknown): items is ReadableLike<unknown> {
  return typeof (items as { getReader?: unknown } | null | undefined)?.getReader === "function";
}

/**
 * The chunks of a `ReadableStream`. Streams are not read by an iterator of their own: some runtimes give
 * them none, and `return()` of those there are waits for a chunk that is under way.
 */
export class StreamReader<T> implements AsyncIterator<T, undefined> {
  readonly #stream: AnyStream<T>;
  // Not before the first call: a stream that is never read is not locked either.
  #reader: ReturnType<AnyStream<T>["getReader"]> | undefined = undefined;
  #over = false;

  /** @throws {TypeError} If somebody reads the stream. */
  constructor(action: string, name: string, stream: ReadableLike<T>) {
    this.#stream = stream;
    if (this.#stream.locked === true) {
      throw new TypeError(
        `Cannot ${action}: "${name}" must be a stream that nobody reads, received ${seen(stream)} that is locked`,
      );
    }
  }

  async next(): Promise<IteratorResult<T, undefined>> {
    if (this.#over) return OVER;
    this.#reader ??= this.#stream.getReader();
    try {
      const { done, value } = await this.#reader.read();
      if (!done) return { value: value as T, done: false };
    } catch (error) {
      this.#release();
      throw error;
    }
    this.#release();
    return OVER;
  }

  /** Cancels the stream; a chunk that is under way comes no more. */
  async return(): Promise<IteratorReturnResult<undefined>> {
    const unread = this.#reader === undefined;
    if (this.#over || (unread && this.#stream.locked === true)) return OVER;
    this.#reader ??= this.#stream.getReader();
    const cancelled = this.#reader.cancel();
    this.#release();
    await cancelled;
    return OVER;
  }

  #release(): void {
    this.#over = true;
    const reader = this.#reader;
    this.#reader = undefined;
    reader?.releaseLock?.();
  }
}
