import fc from "fast-check";
import { expect } from "vitest";
import { settle } from "../support/settle.ts";
import { cut, from } from "./callers.ts";
import { type Command, command } from "./command.ts";
import type { NaiveChannel } from "./naive-channel.ts";
import { Failure, type RealChannel } from "./real-channel.ts";

type Model = NaiveChannel;
type Real = RealChannel;

const nothing = fc.constant("");
const index = fc.nat(5);
const call = fc.record({ from, end: index });

/** The next item. */
let items = 0;

export async function settled(model: Model, real: Real): Promise<void> {
  await settle();
  model.expectHeardBy(real.callers);
}

const send = command("send", call, (model: Model, real: Real, it) => {
  const item = items++;
  const end = it.end % real.senders.length;
  real.send(model.count, item, end, it.from);
  model.send(item, end, it.from);
});

const receive = command(
  "receive",
  fc.record({ from, end: index, wants: fc.constantFrom("receive", "receive", "next") }),
  (model: Model, real: Real, { wants, ...it }) => {
    const end = it.end % real.receivers.length;
    real.receive(model.count, wants, end, it.from);
    model.receive(wants, end, it.from);
  },
);

/** A place that was reserved is used, or given back. */
export function use(
  model: Model,
  { slots, attempt }: Real,
  { at, fills }: { at: number; fills: boolean },
): void {
  const [slot] = slots.splice(at % slots.length, 1);
  if (slot === undefined) return;
  const item = items++;
  if (fills) {
    expect(attempt(() => (slot.send(item), true))).toBe(model.fill(item));
    expect(() => slot.send(item)).toThrow(TypeError);
  } else {
    slot.release();
    model.release();
  }
  slot.release();
}

function closeSender(model: Model, { senders }: Real, at: number): void {
  const end = at % senders.length;
  const failed = at > 3;
  senders[end]!.close(failed ? new Failure() : undefined);
  model.closeSender(end, failed);
}

export function closeReceiver(model: Model, { receivers }: Real, at: number): void {
  const end = at % receivers.length;
  receivers[end]!.close();
  model.closeReceiver(end);
}

/** What can be done to a channel. */
export const channelCommands: fc.Arbitrary<Command<Model, Real>>[] = [
  send,
  send,
  receive,
  receive,
  command("reserve", call, (model: Model, real: Real, it) => {
    const end = it.end % real.senders.length;
    real.reserve(model.count, end, it.from);
    model.reserve(end, it.from);
  }),
  command("trySend", index, (model: Model, { senders, attempt }: Real, at) => {
    const item = items++;
    const end = at % senders.length;
    expect(attempt(() => senders[end]!.trySend(item))).toBe(model.trySend(item, end));
  }),
  command("tryReceive", index, (model: Model, { receivers, attempt }: Real, at) => {
    const end = at % receivers.length;
    expect(attempt(() => receivers[end]!.tryReceive())).toBe(model.tryReceive(end));
  }),
  command("tryReserve", index, (model: Model, { senders, slots, attempt }: Real, at) => {
    const end = at % senders.length;
    const got = attempt(() => {
      const slot = senders[end]!.tryReserve();
      return slot !== undefined && slots.push(slot);
    });
    expect(got).toBe(model.tryReserve(end));
  }),
  command("use", fc.record({ at: index, fills: fc.boolean() }), use),
  command("cancel", cut, (model: Model, real: Real, by) => {
    // In the moment in which others are cancelled somebody sends. Not beside places that are reserved,
    // which count with those who wait, and who is in line may be known a moment later than it is so.
    const item = items++;
    const sends = model.reserved === 0;
    if (!model.cancel(by)) return;
    if ("early" in by && by.early && sends) model.trySend(item, 0);
    real.callers.cut(by, () => sends && real.attempt(() => real.senders[0]!.trySend(item)));
  }),
  command("clone", fc.boolean(), (model: Model, { senders, receivers, attempt }: Real, sends) => {
    const [ends, open] = sends ? [senders, model.senders] : [receivers, model.receivers];
    const last = ends.length - 1;
    const cloned = attempt(() => ends.push(ends[last]!.clone() as never));
    expect(cloned).toBe(open.has(last) ? "yes" : "ClosedError");
    if (cloned === "yes") open.add(last + 1);
  }),
  command("close", fc.record({ sends: fc.boolean(), at: fc.nat(20) }), (model, real, it) => {
    // Seldom, so that most of a run is not spent after the last end has closed.
    if (it.at > 5) return;
    (it.sends ? closeSender : closeReceiver)(model, real, it.at);
  }),
  command("settle", nothing, settled),
];
