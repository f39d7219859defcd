import { channel, type ChannelSlot, Queue, recv, send, type WaitOptions } from "corral";
import { type Line, plain, type WaitingMethod } from "./line.ts";
import { watchWaits } from "./pending.ts";

function putting(): Line {
  const it = new Queue<number>({ capacity: 1 });
  it.tryPut(0);
  return plain((options) => it.put(1, options), {
    wake: () => it.tryGet(),
    waiting: () => it.stats().putting,
    free: () => it.capacity - it.size,
    clause: () => send(it, 1),
  });
}

function getting(get: (it: Queue<number>, options?: WaitOptions) => Promise<unknown>): Line {
  const it = new Queue<number>({ capacity: 8 });
  return plain((options) => get(it, options), {
    wake: () => it.tryPut(1),
    waiting: () => it.stats().getting,
    free: () => it.size,
    clause: () => recv(it),
  });
}

function joining(): Line {
  const it = new Queue<number>({ capacity: 1 });
  it.tryPut(0);
  const waits = watchWaits("queue join");
  return plain((options) => it.join(options), {
    wake: () => it.taskDone(),
    waiting: waits.count,
    close: waits.stop,
  });
}

function sending(): Line {
  const [sender, receiver] = channel<number>(1);
  sender.trySend(0);
  return plain((options) => sender.send(1, options), {
    wake: () => receiver.tryReceive(),
    waiting: () => sender.stats().sending,
    free: () => 1 - sender.stats().size,
    clause: () => send(sender, 1),
  });
}

function meeting(): Line {
  const [sender, receiver] = channel<number>(0);
  return plain((options) => sender.send(1, options), {
    wake: () => void receiver.receive(),
    waiting: () => sender.stats().sending,
    free: () => sender.stats().receiving,
    clause: () => send(sender, 1),
  });
}

function reserving(): Line {
  const [sender, receiver] = channel<number>(1);
  sender.trySend(0);
  const slots: ChannelSlot<number>[] = [];
  const wake = (): void => {
    slots.shift()?.send(1);
    receiver.tryReceive();
  };
  const free = (): number => {
    const { capacity, size, reserved } = sender.stats();
    return capacity - size - reserved;
  };
  const waiting = (): number => sender.stats().sending;
  const keep = (slot: unknown): void => void slots.push(slot as ChannelSlot<number>);
  return plain((options) => sender.reserve(options), { wake, waiting, free, keep });
}

type Receiver = ReturnType<typeof channel<number>>[1];

function receiving(
  capacity: number,
  receive: (it: Receiver, options?: WaitOptions) => Promise<unknown>,
): Line {
  const [sender, receiver] = channel<number>(capacity);
  return plain((options) => receive(receiver, options), {
    wake: () => void sender.send(1),
    waiting: () => sender.stats().receiving,
    free: () => sender.stats().size + sender.stats().sending,
    clause: () => recv(receiver),
  });
}

const unit = { gives: "unit", late: "keeps" } as const;
const iterates = { ...unit, optionsOf: "values" } as const;

export const channels: readonly WaitingMethod[] = [
  { ...unit, member: "Queue.put", open: putting },
  { ...unit, member: "Queue.get", open: () => getting((it, options) => it.get(options)) },
  {
    ...iterates,
    member: "Queue.values",
    variant: "and next()",
    open: () => getting((it, options) => it.values(options).next()),
  },
  { member: "Queue.join", gives: "opening", late: "keeps", open: joining },
  { ...unit, member: "Sender.send", open: sending },
  { ...unit, member: "Sender.send", variant: "without capacity", open: meeting },
  { ...unit, member: "Sender.reserve", open: reserving },
  {
    ...unit,
    member: "Receiver.receive",
    open: () => receiving(8, (it, options) => it.receive(options)),
  },
  {
    ...unit,
    member: "Receiver.receive",
    variant: "without capacity",
    open: () => receiving(0, (it, options) => it.receive(options)),
  },
  {
    ...iterates,
    member: "Receiver.values",
    variant: "and next()",
    open: () => receiving(8, (it, options) => it.values(options).next()),
  },
];
