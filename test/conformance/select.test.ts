import { channel, Queue, recv, select, send, taskGroup, trySelect } from "corral";
import { withVirtualClock } from "corral/testing";
import { expect } from "vitest";
import { at } from "../support/mode.ts";
import { behaviour } from "./behaviour.ts";

const area = "select (Kotlin, tokio)";

async function countChosen(biased: boolean): Promise<{ a: number; b: number }> {
  const counts = { a: 0, b: 0 };
  const queues = [1, 2].map(() => new Queue<number>({ capacity: Infinity }));
  for (let item = 0; item < 2_000; item++) for (const queue of queues) queue.tryPut(item);
  for (let i = 0; i < 2_000; i++) {
    const { key } = await select({ a: recv(queues[0]!), b: recv(queues[1]!) }, { biased });
    counts[key]++;
  }
  // What was not chosen was not taken.
  expect(queues.map((queue) => queue.size)).toEqual([2_000 - counts.a, 2_000 - counts.b]);
  return counts;
}

behaviour(
  {
    area,
    id: "SelectBiasTest.testUnbiased",
    says: "of two clauses that are always ready, each is chosen in a quarter of all cases at least",
    verdict: "holds",
    because: "It is so unless one asks for `biased`.",
  },
  async () => {
    const { a, b } = await countChosen(false);
    expect(a + b).toBe(2_000);
    expect(a).toBeGreaterThan(500);
    expect(b).toBeGreaterThan(500);
  },
);

behaviour(
  {
    area,
    id: "SelectBiasTest.testBiased",
    says: "the plain select takes the first of the clauses that are ready",
    verdict: "differs",
    because:
      "Chance decides, so that no clause starves another. The first one is taken if `biased`.",
  },
  async () => {
    expect(await countChosen(true)).toEqual({ a: 2_000, b: 0 });
  },
);

behaviour(
  {
    area,
    id: "one clause: of those that are ready",
    says: "exactly one clause is chosen: of all items that are there and all room that is there, one is used",
    verdict: "holds",
  },
  async () => {
    const chosen = new Set<string>();
    for (let i = 0; i < 200; i++) {
      const full = channel<number>(1);
      const empty = channel<number>(1);
      full[0].trySend(1);
      const { key } = await select({ got: recv(full[1]), sent: send(empty[0], 2) });
      chosen.add(key);
      expect([full[1].stats().size, empty[1].stats().size]).toEqual(
        key === "got" ? [0, 0] : [1, 1],
      );
    }
    expect(chosen.size).toBe(2);
  },
);

behaviour(
  {
    area,
    id: "one clause: of those that become ready in one turn",
    says: "exactly one clause is chosen when several become ready in one turn, and the others leave their lines at once",
    verdict: "holds",
  },
  () =>
    withVirtualClock(async () => {
      const [first, second] = [channel<string>(0), channel<string>(0)];
      const third = channel<string>(1);
      third[0].trySend("full");
      const chosen = select({
        first: recv(first[1]),
        second: recv(second[1]),
        third: send(third[0], "mine"),
      });
      const waiting = (): number[] => [
        first[1].stats().receiving,
        second[1].stats().receiving,
        third[0].stats().sending,
      ];
      expect(waiting()).toEqual([1, 1, 1]);
      expect(second[0].trySend("item")).toBe(true);
      expect(waiting()).toEqual([0, 0, 0]);
      expect(first[0].trySend("late")).toBe(false);
      expect(third[1].tryReceive()).toEqual({ value: "full" });
      expect(third[1].tryReceive()).toBeUndefined();
      expect(await chosen).toEqual({ key: "second", value: "item" });
    }),
);

behaviour(
  {
    area,
    id: "one clause: two selects",
    says: "two selects that can only deal with each other do so once",
    verdict: "holds",
  },
  () =>
    withVirtualClock(async () => {
      const [a, b] = [channel<string>(0), channel<string>(0)];
      const giving = select({ a: send(a[0], "to a"), b: send(b[0], "to b") });
      const taking = select({ a: recv(a[1]), b: recv(b[1]) });
      const given = await giving;
      const taken = await taking;
      expect(taken).toEqual({ key: given.key, value: `to ${given.key}` });
      for (const [sender] of [a, b]) {
        expect(sender.stats()).toMatchObject({ size: 0, sending: 0, receiving: 0 });
      }
    }),
);

for (const [id, clauses] of [
  ["testSelectSendAndReceive", ["sent", "got"]],
  ["testSelectReceiveAndSend", ["got", "sent"]],
] as const) {
  behaviour(
    {
      area,
      id,
      says: "a select that sends to and receives from the same channel is an error",
      verdict: "differs",
      because:
        "It waits for somebody else to send or to receive, as in Go; it never deals with itself.",
    },
    () =>
      withVirtualClock(async (clock) => {
        for (const biased of [true, false]) {
          for (const other of ["sends", "receives"]) {
            const [sender, receiver] = channel<number>(0);
            const all = { sent: send(sender, 1), got: recv(receiver) };
            const [first, second] = clauses;
            const both = select({ [first]: all[first], [second]: all[second] }, { biased });
            await clock.runUntilIdle();
            expect(sender.stats()).toMatchObject({ sending: 1, receiving: 1 });
            if (other === "sends") {
              expect(sender.trySend(42)).toBe(true);
              expect(await both).toEqual({ key: "got", value: 42 });
            } else {
              expect(receiver.tryReceive()).toEqual({ value: 1 });
              expect(await both).toEqual({ key: "sent", value: undefined });
            }
            expect(sender.stats()).toMatchObject({ sending: 0, receiving: 0 });
            // The channel is not broken.
            const sent = sender.send(43);
            expect(await receiver.receive()).toBe(43);
            await sent;
          }
        }
      }),
  );
}

behaviour(
  {
    area,
    id: "both directions: two selects on one channel",
    says: "of two selects that both send to and receive from the same channel, one sends and the other receives",
    verdict: "holds",
  },
  () =>
    withVirtualClock(async () => {
      const [sender, receiver] = channel<number>(0);
      const both = [1, 2].map((item) => select({ sent: send(sender, item), got: recv(receiver) }));
      const [first, second] = await Promise.all(both);
      expect([first!.key, second!.key].sort((a, b) => a.localeCompare(b))).toEqual(["got", "sent"]);
      expect(first!.key === "got" ? first!.value : second!.value).toBe(
        first!.key === "got" ? 2 : 1,
      );
      expect(sender.stats()).toMatchObject({ sending: 0, receiving: 0 });
    }),
);

behaviour(
  {
    area,
    id: "testSelectAtomicFailure",
    says: "a channel that closes after another clause was chosen does not fail the select",
    verdict: "holds",
  },
  () =>
    withVirtualClock(async () => {
      const [a, b] = [channel<number>(0), channel<number>(0)];
      const chosen = select({ a: recv(a[1]), b: recv(b[1]) });
      expect(a[0].trySend(42)).toBe(true);
      b[0].close();
      expect(await chosen).toEqual({ key: "a", value: 42 });
    }),
);

for (const [id, capacity] of [
  ["SelectRendezvousChannelTest", 0],
  ["SelectBufferedChannelTest", 1],
] as const) {
  behaviour(
    {
      area,
      id: `${id}.testSelectSendResourceCleanup`,
      says: "a thousand selects that could not send leave nothing behind in the channel, nor any that could not receive",
      verdict: "holds",
    },
    () =>
      withVirtualClock(() =>
        taskGroup(async (group) => {
          const [sender, receiver] = channel<number>(capacity);
          for (let i = 0; i < 1_000; i++) {
            expect(trySelect({ got: recv(receiver) })).toBeUndefined();
          }
          if (capacity === 1) sender.trySend(-1);
          for (let i = 0; i < 1_000; i++) {
            expect(trySelect({ sent: send(sender, i) })).toBeUndefined();
          }
          const controller = new AbortController();
          const late = select({ sent: send(sender, 0) }, { signal: controller.signal });
          controller.abort("late");
          await expect(late).rejects.toBe("late");
          expect(sender.stats()).toMatchObject({ size: capacity, sending: 0, receiving: 0 });
          const checked = sender.send(42, at(group.scope));
          if (capacity === 1) expect(receiver.tryReceive()).toEqual({ value: -1 });
          expect(await receiver.receive(at(group.scope))).toBe(42);
          await checked;
        }),
      ),
  );
}
