import { turn } from "../support/turn.ts";
import { describe, expect, test } from "vitest";
import { CancelScope, channel, ClosedError, fromReadableStream, toReadableStream } from "corral";
import { aborter } from "./aborter.ts";
import { ambientTest } from "../support/mode.ts";
import { unhandledDuring } from "../support/unhandled.ts";

/** A stream of 1, 2, 3 … that is made as it is read, and notes that it was cancelled. */
function counting(last = Infinity): {
  stream: ReadableStream<number>;
  made: () => number;
  cancelled: () => boolean;
} {
  let n = 0;
  let cancelled = false;
  const stream = new ReadableStream<number>(
    {
      pull: (controller) => {
        if (n === last) controller.close();
        else controller.enqueue(++n);
      },
      cancel: () => {
        cancelled = true;
      },
    },
    { highWaterMark: 0 },
  );
  return { stream, made: () => n, cancelled: () => cancelled };
}

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

describe("fromReadableStream()", () => {
  test("gives the chunks in order, as they are, and then ends", async () => {
    const chunks = [1, undefined, null, "text", false];
    const stream = new ReadableStream<unknown>({
      start: (controller) => {
        for (const chunk of chunks) controller.enqueue(chunk);
        controller.close();
      },
    });
    const receiver = fromReadableStream(stream);
    expect(await collect(receiver)).toEqual(chunks);
    await expect(receiver.receive()).rejects.toBeInstanceOf(ClosedError);
  });

  test("reads nothing before somebody receives, and no more than that", async () => {
    const { stream, made } = counting();
    const receiver = fromReadableStream(stream);
    await turn();
    expect(made()).toBe(0);
    for (const n of [1, 2, 3]) {
      expect(await receiver.receive()).toBe(n);
      await turn();
      expect(made()).toBe(n);
    }
  });

  test("reads so many chunks ahead as its capacity", async () => {
    const { stream, made } = counting();
    const receiver = fromReadableStream(stream, { capacity: 3 });
    await turn();
    expect([made(), receiver.stats().size]).toEqual([3, 3]);
    expect(await receiver.receive()).toBe(1);
    await turn();
    expect([made(), receiver.stats().size]).toEqual([4, 3]);
  });

  test("keeps the order for several that receive", async () => {
    const receiver = fromReadableStream(counting(4).stream);
    const other = receiver.clone();
    const got = [receiver.receive(), other.receive(), receiver.receive(), other.receive()];
    expect(await Promise.all(got)).toEqual([1, 2, 3, 4]);
  });

  test.each([new Error("broken"), "text", 0, undefined])(
    "fails with what the stream fails with, after its chunks: %o",
    async (failure: unknown) => {
      let n = 0;
      const stream = new ReadableStream<number>(
        {
          pull: (controller) => {
            if (++n < 3) controller.enqueue(n);
            else controller.error(failure);
          },
        },
        { highWaterMark: 0 },
      );
      const receiver = fromReadableStream(stream);
      expect([await receiver.receive(), await receiver.receive()]).toEqual([1, 2]);
      await expect(receiver.receive()).rejects.toBe(failure);
      await expect(receiver.values().next()).rejects.toBe(failure);
    },
  );

  test("loses no chunk to one who stops waiting: the next one gets it", async () => {
    let source: ReadableStreamDefaultController<number> | undefined;
    const stream = new ReadableStream<number>({
      start: (controller) => {
        source = controller;
      },
    });
    const receiver = fromReadableStream(stream);
    const { signal, abort } = aborter();
    const gone = receiver.receive({ signal });
    await turn();
    abort("gone");
    await expect(gone).rejects.toBe("gone");
    source!.enqueue(1);
    await turn();
    expect(await receiver.receive()).toBe(1);
  });
});

describe("closing what fromReadableStream() gives", () => {
  test("cancels the stream with the last receiving end, not before", async () => {
    const { stream, cancelled } = counting();
    const receiver = fromReadableStream(stream);
    const other = receiver.clone();
    receiver.close();
    expect(await other.receive()).toBe(1);
    expect(cancelled()).toBe(false);
    other.close();
    await turn();
    expect(cancelled()).toBe(true);
  });

  test("cancels a stream that is being read, or is full, and tells what was not delivered", async () => {
    const unhandled = await unhandledDuring(async () => {
      const lost: number[] = [];
      const { stream, cancelled } = counting();
      const receiver = fromReadableStream(stream, {
        capacity: 2,
        onUndelivered: (chunk) => lost.push(chunk),
      });
      await turn();
      receiver.close();
      await turn();
      expect([lost, cancelled()]).toEqual([[1, 2], true]);

      const silent = new ReadableStream<number>({ cancel: () => Promise.reject(new Error("no")) });
      const reading = fromReadableStream(silent);
      const got = reading.receive();
      await turn();
      reading.close();
      await expect(got).rejects.toBeInstanceOf(ClosedError);
    });
    expect(unhandled).toEqual([]);
  });

  test("cancels no stream that has ended", async () => {
    const { stream, cancelled } = counting(1);
    const receiver = fromReadableStream(stream);
    expect(await collect(receiver)).toEqual([1]);
    receiver.close();
    await turn();
    expect(cancelled()).toBe(false);
  });
});

test("fromReadableStream() takes whatever has such a reader", async () => {
  const chunks = [1, 2];
  const receiver = fromReadableStream<number>({
    getReader: () => ({
      read: async () => ({ done: chunks.length === 0, value: chunks.shift() }),
      cancel: async () => {},
    }),
  });
  expect(await collect(receiver)).toEqual([1, 2]);
});

ambientTest(
  "a stream is read on after the scope in which that began (needs ambient scopes)",
  async () => {
    const scope = new CancelScope();
    const receiver = await scope.run(async () => {
      const made = fromReadableStream(counting().stream, { capacity: 1 });
      expect(await made.receive()).toBe(1);
      scope.cancel();
      return made;
    });
    for (const n of [2, 3, 4]) expect(await receiver.receive()).toBe(n);
  },
);

test("a channel goes through streams and back, and its failure too", async () => {
  const [sender, receiver] = channel<number>(3);
  for (const n of [1, 2, 3]) sender.trySend(n);
  sender.close("broken");
  const back = fromReadableStream(toReadableStream(receiver));
  expect([await back.receive(), await back.receive(), await back.receive()]).toEqual([1, 2, 3]);
  await expect(back.receive()).rejects.toBe("broken");
});
