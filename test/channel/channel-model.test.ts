// Whatever is done with a channel, in whatever order: each item that was sent is received or told to be
// undelivered, once, nobody waits who could go on, and nobody overtakes.
import fc from "fast-check";
import { expect, test } from "vitest";
import {
  AsyncEvent,
  channel,
  type ChannelSlot,
  ClosedError,
  type Overflow,
  type Receiver,
  recv,
  select,
  send,
  type Sender,
  when,
} from "corral";

const SIGNALS = 3;
const ACTIONS = [
  "send",
  "send",
  "receive",
  "receive",
  "trySend",
  "tryReceive",
  "select send",
  "select receive",
  "reserve",
  "tryReserve",
  "fill",
  "fill",
  "release",
  "abort",
  "clone sender",
  "clone receiver",
  "close sender",
  "close receiver",
] as const;

type Action = (typeof ACTIONS)[number];

interface Step {
  readonly action: Action;
  /** Which end, signal or reserved place is meant, of those that there are. */
  readonly at: number;
  readonly withSignal: boolean;
}

interface Setting {
  readonly capacity: number;
  readonly overflow: Overflow;
  readonly slots: boolean;
  readonly steps: readonly Step[];
}

const step: fc.Arbitrary<Step> = fc.record({
  action: fc.constantFrom(...ACTIONS),
  at: fc.nat(5),
  withSignal: fc.boolean(),
});

const setting: fc.Arbitrary<Setting> = fc.record({
  capacity: fc.constantFrom(0, 1, 2, 3, Infinity),
  overflow: fc.constantFrom<Overflow>("wait", "wait", "dropOldest", "dropNewest", "conflate"),
  slots: fc.boolean(),
  steps: fc.array(step, { maxLength: 40, size: "max" }),
});

class Run {
  readonly senders: Sender<number>[];
  readonly receivers: Receiver<number>[];
  readonly slots: ChannelSlot<number>[] = [];
  readonly controllers = Array.from({ length: SIGNALS }, () => new AbortController());
  readonly ends: Promise<unknown>[] = [];
  /** Whether an item is the channel's now, or still its caller's. */
  readonly given = new Map<number, boolean>();
  /** The items in the order in which receiving was asked for. */
  readonly received: (number | undefined)[] = [];
  readonly undelivered: number[] = [];
  readonly never = new AsyncEvent();
  #items = 0;

  constructor({ capacity, overflow }: Setting) {
    const [sender, receiver] = channel<number>(capacity, {
      overflow,
      onUndelivered: (item) => this.undelivered.push(item),
    });
    this.senders = [sender];
    this.receivers = [receiver];
  }

  take({ action, at, withSignal }: Step): void {
    const sender = this.senders[at % this.senders.length]!;
    const receiver = this.receivers[at % this.receivers.length]!;
    const { signal } = this.controllers[at % SIGNALS]!;
    const options = withSignal ? { signal } : {};
    switch (action) {
      case "send":
        // Given in any case: if it rejects, the item is undelivered.
        this.ends.push(sender.send(this.item(true), options).catch(() => {}));
        break;
      case "trySend": {
        const item = this.item(false);
        closing(() => this.given.set(item, sender.trySend(item)));
        break;
      }
      case "select send": {
        const item = this.item(false);
        const clauses = { out: send(sender, item), never: when(this.never) };
        const chosen = select(clauses, options).then(
          () => this.given.set(item, true),
          () => {},
        );
        this.ends.push(chosen);
        break;
      }
      case "receive":
        this.receive(receiver.receive(options));
        break;
      case "tryReceive":
        closing(() => this.received.push(receiver.tryReceive()?.value));
        break;
      case "select receive":
        closing(() => {
          const clauses = { in: recv(receiver), never: when(this.never) };
          this.receive(select(clauses, options).then(({ value }) => value as number));
        });
        break;
      case "reserve": {
        const slot = sender.reserve(options);
        this.ends.push(slot.then((each) => this.slots.push(each)).catch(() => {}));
        break;
      }
      case "tryReserve":
        closing(() => {
          const slot = sender.tryReserve();
          if (slot !== undefined) this.slots.push(slot);
        });
        break;
      case "fill": {
        const slot = this.slots.splice(at % Math.max(1, this.slots.length), 1)[0];
        if (slot !== undefined) closing(() => slot.send(this.item(true)));
        break;
      }
      case "release":
        this.slots.splice(at % Math.max(1, this.slots.length), 1)[0]?.release();
        break;
      case "abort":
        this.controllers[at % SIGNALS]!.abort("gone");
        break;
      case "clone sender":
        closing(() => this.senders.push(sender.clone()));
        break;
      case "clone receiver":
        closing(() => this.receivers.push(receiver.clone()));
        break;
      case "close sender":
        sender.close();
        break;
      case "close receiver":
        receiver.close();
        break;
    }
  }

  item(given: boolean): number {
    const item = ++this.#items;
    this.given.set(item, given);
    return item;
  }

  receive(promise: Promise<number>): void {
    const at = this.received.push(undefined) - 1;
    const taken = promise.then(
      (item) => {
        this.received[at] = item;
      },
      () => {},
    );
    this.ends.push(taken);
  }

  checkLines(): void {
    const { capacity, size, reserved, sending, receiving } = this.senders[0]!.stats();
    const stuck = sending > 0 && size + reserved < capacity + receiving;
    if (stuck || (receiving > 0 && size > 0) || reserved < 0) {
      expect.fail(`somebody waits who could go on: ${String(this.senders[0])}`);
    }
  }

  async end(): Promise<void> {
    for (const sender of this.senders) sender.close();
    await Promise.resolve();
    for (const receiver of this.receivers) receiver.close();
    await Promise.all(this.ends);
    for (const slot of this.slots) slot.release();
  }
}

/** Does what may find its end closed. */
function closing(fn: () => void): void {
  try {
    fn();
  } catch (error) {
    if (!(error instanceof ClosedError)) throw error;
  }
}

async function check(options: Setting): Promise<void> {
  if (options.overflow !== "wait" && options.capacity === 0) return;
  const capacity = options.overflow === "conflate" ? 1 : options.capacity;
  const run = new Run({ ...options, capacity });
  for (const each of options.steps) {
    if (!options.slots && /reserve|Reserve/.test(each.action)) continue;
    run.take(each);
    run.checkLines();
    // Every other time those who were served go on before the next step.
    if (each.at % 2 === 0) await Promise.resolve();
  }
  await run.end();
  const { size, reserved, sending, receiving, senders, receivers } = run.senders[0]!.stats();
  expect([size, reserved, sending, receiving, senders, receivers]).toEqual([0, 0, 0, 0, 0, 0]);
  const got = run.received.filter((item) => item !== undefined);
  // Once each, and nothing that is still its caller's.
  const given = [...run.given].flatMap(([item, is]) => (is ? [item] : []));
  expect([...got, ...run.undelivered].toSorted((a, b) => a - b)).toEqual(given);
  // Places that are filled later mix the order; else first come is first served on both sides.
  if (!options.slots) expect(got).toEqual(got.toSorted((a, b) => a - b));
}

test("a channel loses nothing, doubles nothing, keeps nobody waiting and lets nobody overtake", async () => {
  await fc.assert(fc.asyncProperty(setting, check), { numRuns: 200 });
});
