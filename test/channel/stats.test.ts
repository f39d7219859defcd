import { inspect } from "node:util";
import { describe, expect, test } from "vitest";
import { CancelScope, channel, Queue, recv, select, send, waitTree } from "corral";
import { withVirtualClock } from "corral/testing";
import { at } from "../support/mode.ts";

describe("stats() of a queue", () => {
  test("counts what is in, what is unfinished and who waits", () => {
    const queue = new Queue<number>({ capacity: 2 });
    expect(queue.stats()).toEqual({
      capacity: 2,
      size: 0,
      unfinished: 0,
      putting: 0,
      getting: 0,
      closed: false,
    });
    for (let n = 0; n < 5; n++) void queue.put(n);
    queue.tryGet();
    queue.taskDone();
    expect(queue.stats()).toMatchObject({ size: 2, unfinished: 2, putting: 2, getting: 0 });
    queue.close();
    expect(queue.stats()).toMatchObject({ size: 2, putting: 0, closed: true });
    const empty = new Queue<number>({ capacity: 2 });
    void empty.get();
    void empty.values().next();
    void select({ item: recv(empty) });
    expect(empty.stats().getting).toBe(3);
    empty.close();
  });

  test("is a frozen picture of the moment", () => {
    const queue = new Queue<number>({ capacity: 2 });
    const before = queue.stats();
    queue.tryPut(1);
    expect([Object.isFrozen(before), before.size, queue.stats().size]).toEqual([true, 0, 1]);
  });
});

describe("stats() of a channel", () => {
  test("is the same at each end: what is in, what is reserved, who waits, which ends are open", () => {
    const [sender, receiver] = channel<number>(2);
    const other = sender.clone();
    receiver.clone().close();
    sender.trySend(1);
    sender.tryReserve();
    void other.send(2);
    void other.reserve();
    void select({ out: send(sender, 3) });
    const expected = {
      capacity: 2,
      size: 1,
      reserved: 1,
      senders: 2,
      receivers: 1,
      sending: 3,
      receiving: 0,
    };
    for (const end of [sender, other, receiver]) expect(end.stats()).toEqual(expected);
    receiver.close();
    expect(sender.stats()).toMatchObject({ size: 0, sending: 0, receivers: 0 });
  });

  test("is a frozen picture of the moment", () => {
    const [sender, receiver] = channel<number>(0);
    void receiver.receive();
    const before = receiver.stats();
    sender.trySend(1);
    expect([Object.isFrozen(before), before.receiving, sender.stats().receiving]).toEqual([
      true,
      1,
      0,
    ]);
  });
});

test("as text they show their name and their figures", () => {
  const queue = new Queue<number>({ capacity: 2, name: "jobs" });
  const text =
    'Queue "jobs" { capacity: 2, size: 0, unfinished: 0, putting: 0, getting: 0, closed: false }';
  expect([String(queue), inspect(queue)]).toEqual([text, text]);
  const figures =
    "{ capacity: Infinity, size: 0, reserved: 0, senders: 1, receivers: 1, sending: 0, receiving: 0 }";
  const [sender, receiver] = channel<number>(Infinity, { name: "news" });
  expect([inspect(sender), inspect(receiver)]).toEqual([
    `Sender "news" ${figures}`,
    `Receiver "news" ${figures}`,
  ]);
  expect(String(channel(Infinity)[0])).toBe(`Sender ${figures}`);
  expect([sender.name, sender.clone().name, receiver.clone().name]).toEqual([
    "news",
    "news",
    "news",
  ]);
});

test("waitTree() shows what is waited for, by its name", async () => {
  await withVirtualClock(async () => {
    const queue = new Queue<number>({ capacity: 1, name: "jobs" });
    const full = new Queue<number>({ capacity: 1 });
    full.tryPut(1);
    const [sender, receiver] = channel<number>(0, { name: "news" });
    const [other] = channel<number>(0);
    const scope = new CancelScope({ name: "reader" });
    const run = scope.run(() =>
      Promise.allSettled([
        queue.get(at(scope)),
        full.put(2, at(scope)),
        full.join(at(scope)),
        receiver.values(at(scope)).next(),
        other.reserve(at(scope)),
        select({ a: recv(queue), b: recv(receiver) }, { ...at(scope), biased: true }),
      ]),
    );
    expect(waitTree(scope).split("\n")).toEqual([
      'scope "reader"',
      '├─ waits for queue item "jobs"',
      "├─ waits for queue room",
      "├─ waits for queue join",
      '├─ waits for channel item "news"',
      "├─ waits for channel room",
      '├─ waits for queue item "jobs"',
      '└─ waits for channel item "news"',
    ]);
    scope.cancel();
    await run;
    expect(sender.stats().receiving).toBe(0);
  });
});
