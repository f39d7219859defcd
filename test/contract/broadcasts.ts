import { Broadcast, recv, type Subscription, Watch, type WatchReader, when } from "corral";
import type { WaitOptions } from "corral";
import { type Line, plain, type WaitingMethod } from "./line.ts";

function subscription(
  receive: (it: Subscription<number>, options?: WaitOptions) => Promise<unknown>,
): Line {
  const broadcast = new Broadcast<number>({ capacity: 8 });
  const it = broadcast.subscribe();
  return plain((options) => receive(it, options), {
    wake: () => broadcast.publish(1),
    waiting: () => broadcast.stats().waiting,
    free: () => it.size,
    clause: () => recv(it),
  });
}

function reader(
  change: (it: WatchReader<number>, options?: WaitOptions) => Promise<unknown>,
): Line {
  const watch = new Watch(0);
  const it = watch.subscribe();
  return plain((options) => change(it, options), {
    wake: () => watch.set(1),
    waiting: () => watch.stats().waiting,
    free: () => (it.hasChanged ? 1 : 0),
    clause: () => when(it),
  });
}

function watched(): Line {
  const it = new Watch(0);
  return plain((options) => it.waitFor((value) => value === 1, options), {
    wake: () => it.set(1),
    waiting: () => it.stats().waiting,
  });
}

const unit = { gives: "unit", late: "keeps" } as const;
const iterates = { ...unit, optionsOf: "values", variant: "and next()" } as const;

export const broadcasts: readonly WaitingMethod[] = [
  {
    ...unit,
    member: "Subscription.receive",
    open: () => subscription((it, options) => it.receive(options)),
  },
  {
    ...iterates,
    member: "Subscription.values",
    open: () => subscription((it, options) => it.values(options).next()),
  },
  {
    ...unit,
    member: "WatchReader.changed",
    open: () => reader((it, options) => it.changed(options)),
  },
  {
    ...iterates,
    member: "WatchReader.values",
    open: () => reader((it, options) => it.values(options).next()),
  },
  { member: "Watch.waitFor", gives: "opening", late: "keeps", open: watched },
];
