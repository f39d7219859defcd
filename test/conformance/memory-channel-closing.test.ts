import { channel, ClosedError, taskGroup } from "corral";
import { withVirtualClock } from "corral/testing";
import { expect } from "vitest";
import { at } from "../support/mode.ts";
import { behaviour } from "./behaviour.ts";

const area = "memory channel (Trio)";
const oneError = "There is one class of error for it; its message tells what was closed.";

for (const [id, how, close] of [
  ["test_close_basics", "closing", (end: { close(): void }) => end.close()],
  [
    "test_close_sync",
    "closing by `using`, which waits for nothing,",
    (open: Disposable & { readonly closed: boolean }) => {
      using end = open;
      expect(end.closed).toBe(false);
    },
  ],
] as const) {
  behaviour(
    {
      area,
      id: `${id}: the sending end`,
      says: `${how} the sending end fails who waits to send at it, and gives those who receive the end, from then on`,
      verdict: "holds",
      because: oneError,
    },
    () =>
      withVirtualClock(async () => {
        const [sender, receiver] = channel<number>(0);
        const sent = sender.send(1);
        close(sender);
        await expect(sent).rejects.toThrow("Cannot use a channel: this end is closed");
        expect(() => sender.trySend(1)).toThrow("this end is closed");
        await expect(sender.send(1)).rejects.toThrow("this end is closed");
        expect(() => receiver.tryReceive()).toThrow("all that send are closed");
        await expect(receiver.receive()).rejects.toThrow(ClosedError);
        expect(await receiver.values().next()).toEqual({ done: true, value: undefined });
      }),
  );

  behaviour(
    {
      area,
      id: `${id}: the receiving end`,
      says: `${how} the receiving end breaks the channel for those who send, also who waits to, from then on`,
      verdict: "holds",
      because: oneError,
    },
    () =>
      withVirtualClock(async () => {
        const [sender, receiver] = channel<number>(0);
        const sent = sender.send(1);
        close(receiver);
        await expect(sent).rejects.toThrow("all that receive are closed");
        expect(() => sender.trySend(1)).toThrow("all that receive are closed");
        await expect(sender.send(1)).rejects.toThrow(ClosedError);
        await expect(sender.reserve()).rejects.toThrow("all that receive are closed");
      }),
  );

  behaviour(
    {
      area,
      id: `${id}: the receiving end, others`,
      says: `${how} the receiving end fails who waits to receive at it, from then on`,
      verdict: "holds",
      because: oneError,
    },
    () =>
      withVirtualClock(async () => {
        const [, receiver] = channel<number>(0);
        const received = receiver.receive();
        const iterated = receiver.values().next();
        close(receiver);
        await expect(received).rejects.toThrow("this end is closed");
        // A loop over it just ends.
        expect(await iterated).toEqual({ done: true, value: undefined });
        expect(() => receiver.tryReceive()).toThrow(ClosedError);
        await expect(receiver.receive()).rejects.toThrow("this end is closed");
      }),
  );
}

behaviour(
  {
    area,
    id: "test_receive_channel_clone_and_close",
    says: "a closed end cannot be cloned; one can send until the last clone of the receiving end is closed",
    verdict: "holds",
  },
  () => {
    const [sender, receiver] = channel<number>(10);
    const [second, third] = [receiver.clone(), receiver.clone()];
    expect(sender.trySend(1)).toBe(true);
    receiver.close();
    second[Symbol.dispose]();
    expect(() => receiver.clone()).toThrow(ClosedError);
    expect(() => second.clone()).toThrow(ClosedError);
    expect(sender.trySend(2)).toBe(true);
    third.close();
    expect(() => sender.trySend(3)).toThrow("all that receive are closed");
  },
);

behaviour(
  {
    area,
    id: "test_close_multiple_send_handles",
    says: "closing one of several sending ends fails those who wait to send at it, and no others",
    verdict: "holds",
  },
  () =>
    withVirtualClock(() =>
      taskGroup(async (group) => {
        const [first, receiver] = channel<string>(0);
        const second = first.clone();
        const options = at(group.scope);
        const nope = [first.send("nope", options), first.send("nope", options)];
        const ok = second.send("ok", options);
        const reserved = first.reserve(options);
        expect(first.stats().sending).toBe(4);
        first.close();
        expect(second.stats().sending).toBe(1);
        for (const sent of [...nope, reserved]) {
          await expect(sent).rejects.toThrow("this end is closed");
        }
        expect(await receiver.receive(options)).toBe("ok");
        await ok;
      }),
    ),
);

behaviour(
  {
    area,
    id: "test_close_multiple_receive_handles",
    says: "closing one of several receiving ends fails those who wait to receive at it, and no others",
    verdict: "holds",
  },
  () =>
    withVirtualClock(() =>
      taskGroup(async (group) => {
        const [sender, first] = channel<string>(0);
        const second = first.clone();
        const options = at(group.scope);
        const nope = [first.receive(options), first.receive(options)];
        const ok = second.receive(options);
        expect(first.stats().receiving).toBe(3);
        first.close();
        expect(second.stats().receiving).toBe(1);
        for (const received of nope) {
          await expect(received).rejects.toThrow("this end is closed");
        }
        await sender.send("ok", options);
        expect(await ok).toBe("ok");
      }),
    ),
);

behaviour(
  {
    area,
    id: "closing the last receiving end",
    says: "closing the last receiving end drops what is in the channel",
    verdict: "holds",
    because: "It goes to `onUndelivered`.",
  },
  () => {
    const dropped: number[] = [];
    const [sender, receiver] = channel<number>(3, {
      onUndelivered: (item) => dropped.push(item),
    });
    const second = receiver.clone();
    for (const item of [1, 2, 3]) sender.trySend(item);
    receiver.close();
    expect(dropped).toEqual([]);
    expect(second.tryReceive()).toEqual({ value: 1 });
    second.close();
    expect(dropped).toEqual([2, 3]);
    expect(sender.stats().size).toBe(0);
  },
);
