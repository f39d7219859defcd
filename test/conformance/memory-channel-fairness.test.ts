import { CancelledError, channel, sleep, taskGroup } from "corral";
import { withVirtualClock } from "corral/testing";
import { expect } from "vitest";
import { at } from "../support/mode.ts";
import { behaviour } from "./behaviour.ts";

const area = "memory channel (Trio)";

behaviour(
  {
    area,
    id: "test_channel_fairness: nobody waits",
    says: "who has sent an item can receive it again at once if nobody else waits",
    verdict: "holds",
  },
  () => {
    const [sender, receiver] = channel<number>(1);
    for (const item of [1, 2]) {
      sender.trySend(item);
      expect(receiver.tryReceive()).toEqual({ value: item });
    }
  },
);

behaviour(
  {
    area,
    id: "test_channel_fairness: receive",
    says: "an item that is sent is owned by whoever waits to receive: nobody overtakes, though it runs first",
    verdict: "holds",
  },
  () =>
    withVirtualClock(async () => {
      for (const capacity of [0, 1]) {
        const [sender, receiver] = channel<number>(capacity);
        const received = receiver.receive();
        expect(sender.trySend(2)).toBe(true);
        expect(receiver.tryReceive()).toBeUndefined();
        const later = receiver.receive();
        expect(await received).toBe(2);
        expect(receiver.stats().receiving).toBe(1);
        sender.trySend(3);
        expect(await later).toBe(3);
      }
    }),
);

behaviour(
  {
    area,
    id: "test_channel_fairness: send",
    says: "room that is made is owned by whoever waits to send: nobody overtakes, though it runs first",
    verdict: "holds",
  },
  () =>
    withVirtualClock(async () => {
      const [sender, receiver] = channel<number>(1);
      sender.trySend(1);
      expect(sender.trySend(0)).toBe(false);
      const sent = sender.send(2);
      expect(receiver.tryReceive()).toEqual({ value: 1 });
      expect(sender.trySend(3)).toBe(false);
      expect(sender.tryReserve()).toBeUndefined();
      expect(await receiver.receive()).toBe(2);
      await sent;
    }),
);

behaviour(
  {
    area,
    id: "order of those who wait",
    says: "whoever waits to send and whoever waits to receive is served in the order of the calls, at whichever clone",
    verdict: "holds",
  },
  () =>
    withVirtualClock(async () => {
      const [sender, receiver] = channel<number>(0);
      const senders = [sender, sender.clone(), sender.clone()];
      const receivers = [receiver, receiver.clone(), receiver.clone()];
      const sent = [2, 0, 1].map((end, item) => senders[end]!.send(item));
      expect([
        await receiver.receive(),
        await receiver.receive(),
        await receiver.receive(),
      ]).toEqual([0, 1, 2]);
      await Promise.all(sent);
      const received = [1, 2, 0].map((end) => receivers[end]!.receive());
      for (const item of [0, 1, 2]) sender.trySend(item);
      expect(await Promise.all(received)).toEqual([0, 1, 2]);
    }),
);

for (const capacity of [0, 1]) {
  behaviour(
    {
      area,
      id: `send: atomic under cancellation (capacity ${capacity})`,
      says: "a send that is cancelled has sent nothing, one that has sent is not cancelled: also in one turn",
      verdict: "holds",
    },
    () =>
      withVirtualClock((clock) =>
        taskGroup(async (group) => {
          for (const first of ["receive", "cancel"]) {
            const [sender, receiver] = channel<number>(capacity);
            for (let i = 0; i < capacity; i++) sender.trySend(0);
            let sent = false;
            const task = group.spawn(async (self) => {
              await sender.send(1, at(self.scope));
              sent = true;
              await sleep(1, at(self.scope));
            });
            const steps = [() => receiver.tryReceive(), () => task.cancel()];
            for (const step of first === "receive" ? steps : steps.toReversed()) step();
            await clock.runUntilIdle();
            expect(task.status).toBe("cancelled");
            expect(sent).toBe(first === "receive");
            expect(sender.stats()).toMatchObject({
              size: sent && capacity === 1 ? 1 : 0,
              sending: 0,
            });
          }
        }),
      ),
  );
}

behaviour(
  {
    area,
    id: "receive: atomic under cancellation",
    says: "a receive that is cancelled has taken nothing, one that has taken an item has it: also in one turn",
    verdict: "holds",
  },
  () =>
    withVirtualClock((clock) =>
      taskGroup(async (group) => {
        for (const capacity of [0, 1]) {
          for (const first of ["send", "cancel"]) {
            const [sender, receiver] = channel<number>(capacity);
            let got: number | undefined;
            const task = group.spawn(async (self) => {
              got = await receiver.receive(at(self.scope));
              await sleep(1, at(self.scope));
            });
            const sends = [() => sender.trySend(1), () => task.cancel()];
            for (const step of first === "send" ? sends : sends.toReversed()) step();
            await clock.runUntilIdle();
            expect(task.status).toBe("cancelled");
            expect(got).toBe(first === "send" ? 1 : undefined);
            expect(receiver.tryReceive()).toEqual(
              got === undefined && capacity === 1 ? { value: 1 } : undefined,
            );
          }
        }
      }),
    ),
);

behaviour(
  {
    area,
    id: "item for a cancelled receiver",
    says: "an item that is sent in the turn in which the first receiver is cancelled goes to the next one",
    verdict: "holds",
    because: "As anyio has it for tasks that are cancelled from outside of it.",
  },
  () =>
    withVirtualClock(async () => {
      const [sender, receiver] = channel<string>(0);
      const controller = new AbortController();
      // The abort is heard of by the listener that came first, before the library has heard of it.
      controller.signal.addEventListener("abort", () => {
        expect(sender.trySend("item")).toBe(true);
      });
      const first = receiver.receive({ signal: controller.signal });
      const second = receiver.receive();
      controller.abort(new CancelledError("gone"));
      await expect(first).rejects.toMatchObject({ reason: "gone" });
      expect(await second).toBe("item");
    }),
);
