import { turn } from "../support/turn.ts";
import { describe, expect, test } from "vitest";
import { channel, type Overflow, type Receiver, type Sender, recv, select, send } from "corral";
import { notes } from "./notes.ts";

function open(
  overflow: Overflow,
  capacity: number,
): { sender: Sender<number>; receiver: Receiver<number>; lost: number[]; rest: () => number[] } {
  const lost: number[] = [];
  const onUndelivered = (item: number): unknown => lost.push(item);
  const [sender, receiver] = channel<number>(capacity, { overflow, onUndelivered });
  const rest = (): number[] => {
    const items: number[] = [];
    for (let next = receiver.tryReceive(); next !== undefined; next = receiver.tryReceive()) {
      items.push(next.value);
    }
    return items;
  };
  return { sender, receiver, lost, rest };
}

const cases: [Overflow, number, { rest: number[]; lost: number[]; tried: boolean[] }][] = [
  ["dropOldest", 1, { rest: [4], lost: [1, 2, 3], tried: [true, true, true, true] }],
  ["dropOldest", 3, { rest: [2, 3, 4], lost: [1], tried: [true, true, true, true] }],
  ["dropNewest", 1, { rest: [1], lost: [2, 3, 4], tried: [true, false, false, false] }],
  ["dropNewest", 3, { rest: [1, 2, 3], lost: [4], tried: [true, true, true, false] }],
  ["conflate", 1, { rest: [4], lost: [1, 2, 3], tried: [true, true, true, true] }],
];

describe.each(cases)("a full channel with %s, capacity %i", (overflow, capacity, expected) => {
  test("lets no send() wait, and tells what it drops", async () => {
    const { sender, lost, rest } = open(overflow, capacity);
    for (const item of [1, 2, 3, 4]) await sender.send(item);
    expect(lost).toEqual(expected.lost);
    expect(rest()).toEqual(expected.rest);
    expect(lost).toEqual(expected.lost);
  });

  test("does the same for trySend(), but gives back the item that is dropped itself", () => {
    const { sender, lost, rest } = open(overflow, capacity);
    expect([1, 2, 3, 4].map((item) => sender.trySend(item))).toEqual(expected.tried);
    expect(rest()).toEqual(expected.rest);
    expect(lost).toEqual(overflow === "dropNewest" ? [] : expected.lost);
  });

  test("does the same for a clause of select()", async () => {
    const { sender, lost, rest } = open(overflow, capacity);
    for (const item of [1, 2, 3, 4]) {
      expect(await select({ sent: send(sender, item) })).toEqual({ key: "sent", value: undefined });
    }
    expect([lost, rest()]).toEqual([expected.lost, expected.rest]);
  });

  test("drops nothing for those who wait to receive", async () => {
    const { sender, receiver, lost, rest } = open(overflow, capacity);
    const got = [receiver.receive(), select({ item: recv(receiver) })];
    for (let item = 1; item <= 2 + capacity; item++) await sender.send(item);
    expect(await Promise.all(got)).toEqual([1, { key: "item", value: 2 }]);
    expect(rest()).toEqual(Array.from({ length: capacity }, (_, i) => 3 + i));
    expect(lost).toEqual([]);
  });
});

test("conflate keeps the newest item alone, again and again", async () => {
  const { sender, receiver, lost } = open("conflate", 1);
  for (const item of [1, 2]) await sender.send(item);
  expect(await receiver.receive()).toBe(2);
  for (const item of [3, 4, 5]) await sender.send(item);
  expect(await receiver.receive()).toBe(5);
  expect(lost).toEqual([1, 3, 4]);
});

test.each<Overflow>(["dropOldest", "conflate"])(
  "%s drops no place that is reserved: send() waits for one where all are",
  async (overflow) => {
    const { sender, receiver, lost } = open(overflow, 1);
    const slot = sender.tryReserve()!;
    expect(sender.trySend(1)).toBe(false);
    const { log, note } = notes();
    const sent = note("sent", sender.send(2));
    await turn();
    expect(log).toEqual([]);
    slot.release();
    await sent;
    expect([receiver.tryReceive(), lost]).toEqual([{ value: 2 }, []]);
  },
);

test("dropOldest lets no newcomer overtake a send() that waits for a reserved place", async () => {
  const { sender, rest } = open("dropOldest", 2);
  const slots = [sender.tryReserve()!, sender.tryReserve()!];
  const { log, note } = notes();
  const all = [note("a", sender.send(1))];
  slots[0]!.send(0);
  all.push(note("b", sender.send(2)));
  await turn();
  slots[1]!.release();
  await Promise.all(all);
  expect(log).toEqual(["a", "b"]);
  expect(rest().at(-1)).toBe(2);
});
