import {
  channel,
  type ChannelOptions,
  ClosedError,
  recv,
  select,
  send,
  sleep,
  taskGroup,
} from "corral";
import { withVirtualClock } from "corral/testing";
import { expect } from "vitest";
import { at } from "../support/mode.ts";
import { reportsDuring } from "../support/reports.ts";
import { behaviour } from "./behaviour.ts";

const area = "channel (Kotlin)";

const kinds: readonly (readonly [
  kind: string,
  capacity: number,
  overflow: ChannelOptions<unknown>["overflow"],
])[] = [
  ["rendezvous", 0, "wait"],
  ["room for one", 1, "wait"],
  ["room for ten", 10, "wait"],
  ["unlimited", Infinity, "wait"],
  ["drops the oldest", 1, "dropOldest"],
  ["drops the newest", 1, "dropNewest"],
  ["conflated", 1, "conflate"],
];

for (const [kind, capacity, overflow] of kinds) {
  behaviour(
    {
      area,
      id: `testSendSuccessfully: ${kind}`,
      says: "an item that was received is not told to be undelivered, also not when the channel is closed",
      verdict: "holds",
    },
    () =>
      withVirtualClock(async () => {
        const lost: string[] = [];
        const [sender, receiver] = channel<string>(capacity, {
          overflow,
          onUndelivered: (item) => lost.push(item),
        });
        const sent = sender.send("OK");
        expect(await receiver.receive()).toBe("OK");
        await sent;
        sender.close();
        receiver.close();
        expect(lost).toEqual([]);
      }),
  );

  behaviour(
    {
      area,
      id: `testSendToClosedChannel: ${kind}`,
      says: "an item that is sent to a closed channel is undelivered, and the send fails",
      verdict: "holds",
    },
    async () => {
      for (const closed of ["sender", "receiver"]) {
        const lost: string[] = [];
        const [sender, receiver] = channel<string>(capacity, {
          overflow,
          onUndelivered: (item) => lost.push(item),
        });
        (closed === "sender" ? sender : receiver).close();
        await expect(sender.send("OK")).rejects.toBeInstanceOf(ClosedError);
        expect(lost).toEqual(["OK"]);
      }
    },
  );
}

for (const [id, capacity] of [
  ["testRendezvousSendCancelled", 0],
  ["testBufferedSendCancelled", 1],
] as const) {
  behaviour(
    {
      area,
      id,
      says: "the item of a send that is cancelled while it waits is undelivered, and those in the channel are not, until it is cancelled itself",
      verdict: "holds",
      because: "To cancel a channel is to close its last receiving end.",
    },
    () =>
      withVirtualClock((clock) =>
        taskGroup(async (group) => {
          const lost: string[] = [];
          const [sender, receiver] = channel<string>(capacity, {
            onUndelivered: (item) => lost.push(item),
          });
          const task = group.spawn(async (self) => {
            for (let i = 0; i < capacity; i++) await sender.send("kept", at(self.scope));
            await sender.send("lost", at(self.scope));
          });
          await clock.runUntilIdle();
          task.cancel();
          expect(lost).toEqual(["lost"]);
          receiver.close();
          expect(lost).toEqual(capacity === 0 ? ["lost"] : ["lost", "kept"]);
        }),
      ),
  );
}

behaviour(
  {
    area,
    id: "testUnlimitedChannelCancelled",
    says: "all that is in a channel is undelivered when it is cancelled",
    verdict: "holds",
  },
  () => {
    const lost: string[] = [];
    const [sender, receiver] = channel<string>(Infinity, {
      onUndelivered: (item) => lost.push(item),
    });
    for (const item of ["A", "B"]) sender.trySend(item);
    expect(lost).toEqual([]);
    receiver.close();
    expect(lost).toEqual(["A", "B"]);
  },
);

behaviour(
  {
    area,
    id: "testConflatedResourceCancelled",
    says: "an item is undelivered when the next one takes its place; the last one stays after closing, and is undelivered on cancelling",
    verdict: "holds",
  },
  async () => {
    const lost: string[] = [];
    const [sender, receiver] = channel<string>(1, {
      overflow: "conflate",
      onUndelivered: (item) => lost.push(item),
    });
    await sender.send("A");
    expect(lost).toEqual([]);
    await sender.send("B");
    expect(lost).toEqual(["A"]);
    sender.close();
    expect(lost).toEqual(["A"]);
    receiver.close();
    expect(lost).toEqual(["A", "B"]);
  },
);

behaviour(
  {
    area,
    id: "testSendCancelledFail",
    says: "what the handler throws for the item of a cancelled send is handed to the handler of uncaught errors",
    verdict: "differs",
    because: "It is reported; the send ends with the cancellation as ever.",
  },
  async () => {
    const reports = await reportsDuring(async () => {
      const controller = new AbortController();
      const [sender] = channel<string>(0, {
        onUndelivered: (item) => {
          throw new Error(item);
        },
      });
      const sent = sender.send("LOST", { signal: controller.signal });
      controller.abort("gone");
      await expect(sent).rejects.toBe("gone");
      await new Promise(setImmediate);
    });
    expect(reports).toEqual(["onUndelivered threw: Error: LOST"]);
  },
);

behaviour(
  {
    area,
    id: "testChannelCancelledFail",
    says: "what the handler throws for an item in the channel comes out of the call that cancels the channel",
    verdict: "differs",
    because: "It is reported, and closing goes on: what is left is told, too.",
  },
  async () => {
    const lost: string[] = [];
    const reports = await reportsDuring(async () => {
      const [sender, receiver] = channel<string>(2, {
        onUndelivered: (item) => {
          lost.push(item);
          throw new Error(item);
        },
      });
      for (const item of ["A", "B"]) sender.trySend(item);
      receiver.close();
      await new Promise(setImmediate);
    });
    expect(lost).toEqual(["A", "B"]);
    expect(reports).toEqual(["onUndelivered threw: Error: A", "onUndelivered threw: Error: B"]);
  },
);

for (const [id, how] of [
  ["testReceiveCancelledFail", "receive"],
  ["testReceiveSelectCancelledFail", "select"],
  ["testHasNextCancelledFail", "iteration"],
] as const) {
  behaviour(
    {
      area,
      id,
      says: `an item is undelivered when its receiver is cancelled after it was given to it and before it goes on (${how})`,
      verdict: "differs",
      because:
        "What a wait was given is its caller's, in the same turn and later: the next wait is what is cancelled. So nothing is lost there.",
    },
    () =>
      withVirtualClock((clock) =>
        taskGroup(async (group) => {
          const lost: string[] = [];
          const got: (string | undefined)[] = [];
          const [sender, receiver] = channel<string>(0, {
            onUndelivered: (item) => lost.push(item),
          });
          const task = group.spawn(async (self) => {
            const options = at(self.scope);
            if (how === "receive") got.push(await receiver.receive(options));
            else if (how === "select") {
              got.push((await select({ item: recv(receiver) }, options)).value);
            } else got.push((await receiver.values(options).next()).value);
            await sleep(1, options);
          });
          await clock.runUntilIdle();
          sender.trySend("LOST");
          task.cancel();
          await clock.runUntilIdle();
          expect([task.status, got, lost]).toEqual(["cancelled", ["LOST"], []]);
        }),
      ),
  );
}

behaviour(
  {
    area,
    id: "testSendSelectCancelledFail",
    says: "the item of a select that is cancelled while it waits to send is undelivered",
    verdict: "differs",
    because:
      "A select may end without sending anything: what it has not sent is still its caller's.",
  },
  () =>
    withVirtualClock(async () => {
      const lost: string[] = [];
      const controller = new AbortController();
      const [sender] = channel<string>(0, { onUndelivered: (item) => lost.push(item) });
      const sent = select({ sent: send(sender, "mine") }, { signal: controller.signal });
      expect(sender.stats().sending).toBe(1);
      controller.abort("gone");
      await expect(sent).rejects.toBe("gone");
      expect(sender.stats().sending).toBe(0);
      expect(lost).toEqual([]);
    }),
);
