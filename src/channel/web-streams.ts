import { checkOptions, seen } from "../internal/arguments.ts";
import { detached } from "../cancel/ambient.ts";
import { channel, type ChannelOptions } from "./channel.ts";
import { checkReceiver, type Receiver } from "./receiver.ts";
import type { Sender } from "./sender.ts";

/** The part of a `ReadableStream` that is read. */
export interface ReadableLike<T> {
  getReader(): {
    read(): Promise<{ done: boolean; value?: T | undefined }>;
    cancel(reason?: unknown): Promise<void>;
  };
}

export interface FromStreamOptions<T> extends Omit<ChannelOptions<T>, "overflow"> {
  /** How many chunks are read ahead; 0 by default. */
  capacity?: number | undefined;
}

const READ = "read a stream";

async function pump<T>(
  reader: ReturnType<ReadableLike<T>["getReader"]>,
  sender: Sender<T>,
): Promise<void> {
  let failure: { readonly error: unknown } | undefined;
  try {
    for (;;) {
      const slot = await sender.reserve();
      try {
        const { done, value } = await reader.read();
        if (done) return;
        slot.send(value as T);
      } finally {
        slot.release();
      }
    }
  } catch (error) {
    failure = { error };
  } finally {
    sender.end(failure);
  }
}

/**
 * Reads a `ReadableStream` through a channel: the chunks in order, then the end, or what the stream
 * failed with. It reads when somebody receives, and `capacity` chunks ahead. Closing the last receiving
 * end cancels the stream.
 *
 * @throws {TypeError} If `stream` is none, or is being read.
 */
export function fromReadableStream<T>(
  stream: ReadableStream<T> | ReadableLike<T>,
  options?: FromStreamOptions<T>,
): Receiver<T> {
  if (typeof (stream as ReadableLike<T> | null)?.getReader !== "function") {
    throw new TypeError(
      `Cannot ${READ}: "stream" must be a ReadableStream, received ${seen(stream)}`,
    );
  }
  checkOptions(READ, options);
  const overflow = (options as { overflow?: unknown } | undefined)?.overflow;
  if (overflow !== undefined) {
    throw new TypeError(`Cannot ${READ}: "overflow" must be left out, received ${seen(overflow)}`);
  }
  const { capacity = 0, onUndelivered, name } = options ?? {};
  const [sender, receiver] = channel<T>(capacity, { onUndelivered, name });
  const reader = (stream as ReadableLike<T>).getReader();
  receiver.whenAbandoned(() => void reader.cancel().catch(() => {}));
  // It lives as long as the channel, not as long as the scope in which it was made.
  void detached(() => pump(reader, sender));
  return receiver;
}

/**
 * A `ReadableStream` of what a receiving end gives: one item for each pull, an end when the channel ends,
 * an error when it fails. Cancelling the stream closes the receiving end.
 */
export function toReadableStream<T>(receiver: Receiver<T>): ReadableStream<T> {
  checkReceiver("make a stream", receiver);
  const items = receiver.values();
  let cancelled = false;
  return new ReadableStream<T>(
    {
      async pull(controller) {
        const result = await detached(() => items.next());
        if (cancelled) {
          if (result.done !== true) receiver.undelivered(result.value);
        } else if (result.done === true) controller.close();
        else controller.enqueue(result.value);
      },
      cancel() {
        cancelled = true;
        receiver.close();
      },
    },
    { highWaterMark: 0 },
  );
}
