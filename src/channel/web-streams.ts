import { seen } from "../internal/arguments.ts";
import { detached } from "../cancel/ambient.ts";
import { channel, type ChannelOptions } from "./channel.ts";
import type { Receiver } from "./receiver.ts";
import type { Sender } from "./sender.ts";

/** The part of a `ReadableStream` that is read. */
export interface ReadableLike<T> {
  getReader(): {
    read(): Promise<{ done: boolean; value?: T | undefined }>;
    cancel(reason?: unknown): Promise<void>;
  };
}

export interface FromStreamOptions<T> extends ChannelOptions<T> {
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
  stream: ReadableLike<T>,
  options?: FromStreamOptions<T>,
): Receiver<T> {
  if (typeof (stream as ReadableLike<T> | null)?.getReader !== "function") {
    throw new TypeError(
      `Cannot ${READ}: "stream" must be a ReadableStream, received ${seen(stream)}`,
    );
  }
  const [sender, receiver] = channel<T>(options?.capacity ?? 0, options);
  const reader = stream.getReader();
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
  const items = receiver.values();
  return new ReadableStream<T>(
    {
      async pull(controller) {
        const result = await detached(() => items.next());
        if (result.done === true) controller.close();
        else controller.enqueue(result.value);
      },
      cancel() {
        receiver.close();
      },
    },
    { highWaterMark: 0 },
  );
}
