import {
  channel,
  type ChannelOptions,
  type Receiver,
  recv,
  select,
  send,
  type Sender,
} from "corral";
import { expect } from "vitest";
import { behaviour } from "./behaviour.ts";

const area = "channel (Kotlin)";

/** How items are sent and received in a race. */
type Style = (race: {
  readonly sender: Sender<number>;
  readonly receiver: Receiver<number>;
  readonly received: (item: number) => void;
  /** The item was not sent: it is still its sender's. */
  readonly kept: (item: number) => void;
}) => {
  send(item: number, signal?: AbortSignal): Promise<void>;
  receive(signal: AbortSignal): Promise<void>;
};

const plain: Style = ({ sender, receiver, received }) => ({
  send: (item, signal) => sender.send(item, { signal }),
  receive: async (signal) => received(await receiver.receive({ signal })),
});

const iterating: Style = (race) => ({
  ...plain(race),
  receive: async (signal) => {
    const result = await race.receiver.values({ signal }).next();
    if (result.done !== true) race.received(result.value);
  },
});

const reserving: Style = (race) => ({
  ...plain(race),
  send: async (item, signal) => {
    const slot = await race.sender.reserve({ signal }).catch(() => race.kept(item));
    slot?.send(item);
  },
});

const selecting: Style = ({ sender, receiver, received, kept }) => ({
  send: async (item, signal) => {
    await select({ sent: send(sender, item) }, { signal }).catch(() => kept(item));
  },
  receive: async (signal) => {
    received((await select({ item: recv(receiver) }, { signal })).value);
  },
});

const steps = ["send 1", "send 2", "receive", "stop sending", "stop receiving", "close"] as const;

type Step = (typeof steps)[number];

/** What must have been done before. */
const after: Partial<Record<Step, Step>> = {
  "send 2": "send 1",
  "stop sending": "send 1",
  "stop receiving": "receive",
};

/** All orders of the steps. */
function orders(left: readonly Step[] = steps, done: readonly Step[] = []): (readonly Step[])[] {
  if (left.length === 0) return [done];
  return left.flatMap((step, i) => {
    const before = after[step];
    if (before !== undefined && !done.includes(before)) return [];
    return orders(left.toSpliced(i, 1), [...done, step]);
  });
}

/** Does the steps, all in one turn or each in its own, and says what became of each item. */
async function fates(
  style: Style,
  capacity: number,
  overflow: ChannelOptions<number>["overflow"],
  order: readonly Step[],
  closing: "sender" | "receiver",
  apart: boolean,
): Promise<string[][]> {
  const seen: string[][] = [[], []];
  const note = (fate: string) => (item: number) => void seen[item - 1]!.push(fate);
  const onUndelivered = note("undelivered");
  const [sender, receiver] = channel<number>(capacity, { overflow, onUndelivered });
  const how = style({ sender, receiver, received: note("received"), kept: note("kept") });
  const [sending, receiving] = [new AbortController(), new AbortController()];
  const calls: Promise<unknown>[] = [];
  const actions: Record<Step, () => unknown> = {
    "send 1": () => calls.push(how.send(1, sending.signal)),
    "send 2": () => calls.push(how.send(2)),
    receive: () => calls.push(how.receive(receiving.signal)),
    "stop sending": () => sending.abort("stopped"),
    "stop receiving": () => receiving.abort("stopped"),
    close: () => (closing === "sender" ? sender : receiver).close(),
  };
  for (const step of order) {
    actions[step]();
    if (apart) for (let turn = 0; turn < 4; turn++) await Promise.resolve();
  }
  sender.close();
  receiver.close();
  await Promise.allSettled(calls);
  const { size, reserved, sending: giving, receiving: taking } = sender.stats();
  if (size + reserved + giving + taking > 0) seen.push([String(sender)]);
  return seen;
}

for (const [id, style, capacity, overflow, expected] of [
  ["rendezvous", plain, 0, "wait", "received, undelivered"],
  ["room for one", plain, 1, "wait", "received, undelivered"],
  ["drops the oldest", plain, 1, "dropOldest", "received, undelivered"],
  ["drops the newest", plain, 1, "dropNewest", "received, undelivered"],
  ["rendezvous, iteration", iterating, 0, "wait", "received, undelivered"],
  ["rendezvous, reserved places", reserving, 0, "wait", "kept, received, undelivered"],
  ["room for one, reserved places", reserving, 1, "wait", "kept, received, undelivered"],
  ["rendezvous, select", selecting, 0, "wait", "kept, received"],
  ["room for one, select", selecting, 1, "wait", "kept, received, undelivered"],
] as const) {
  const orNotSent = expected.startsWith("kept");
  behaviour(
    {
      area,
      id: `ChannelCancelUndeliveredElementStressTest: ${id}`,
      says: "in every order of two sends, a receive, their cancellations and a closing, each item is either received or undelivered, once",
      verdict: "holds",
      ...(orNotSent ? { because: "Or it was not sent, and is still its sender's." } : {}),
    },
    async () => {
      const all = new Set<string>();
      for (const order of orders()) {
        for (const closing of ["sender", "receiver"] as const) {
          for (const apart of [false, true]) {
            const seen = await fates(style, capacity, overflow, order, closing, apart);
            const where = `${order.join(", ")} (${closing}${apart ? ", apart" : ""})`;
            if (seen.some((fate) => fate.length !== 1) || seen.length > 2) {
              expect.fail(`${where}: ${seen.map((fate) => `[${fate.join(", ")}]`).join(" ")}`);
            }
            for (const [fate] of seen) all.add(fate!);
          }
        }
      }
      expect([...all].sort((a, b) => a.localeCompare(b)).join(", ")).toBe(expected);
    },
  );
}
