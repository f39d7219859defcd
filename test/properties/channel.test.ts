import fc from "fast-check";
import { expect, test } from "vitest";
import type { Overflow } from "corral";
import { channelCommands, closeReceiver, settled, use } from "./channel-commands.ts";
import { agree } from "./command.ts";
import { NaiveChannel } from "./naive-channel.ts";
import { RealChannel } from "./real-channel.ts";

type Model = NaiveChannel;
type Real = RealChannel;

const kinds: fc.Arbitrary<{ capacity: number; overflow: Overflow }> = fc.oneof(
  fc.record({
    capacity: fc.constantFrom(0, 1, 2, Infinity),
    overflow: fc.constant("wait" as const),
  }),
  fc.record({
    capacity: fc.constantFrom(1, 2),
    overflow: fc.constantFrom("dropOldest", "dropNewest"),
  }),
  fc.constant({ capacity: 1, overflow: "conflate" }),
);

/** Uses the places, closes all ends, and receives what is left. */
async function finish(model: Model, real: Real): Promise<void> {
  await settled(model, real);
  while (real.slots.length > 0) use(model, real, { at: 0, fills: true });
  for (const at of real.senders.keys()) {
    real.senders[at]!.close();
    model.closeSender(at, false);
  }
  const { receivers, attempt } = real;
  for (const at of receivers.keys()) {
    for (let last = ""; last !== "ClosedError" && last !== "Failure";) {
      last = model.tryReceive(at);
      expect(attempt(() => receivers[at]!.tryReceive())).toBe(last);
    }
  }
  for (const at of receivers.keys()) closeReceiver(model, real, at);
  await settled(model, real);
  expect(model.line).toEqual([]);
  expect(real.callers.retained()).toBe(0);
  // Each once.
  const undelivered = new Set(real.undelivered);
  expect(undelivered).toEqual(new Set(model.undelivered));
  expect(real.undelivered).toHaveLength(undelivered.size);
}

test("channel() agrees with naive lists: items, order, who waits, what is undelivered, nothing retained", async () => {
  await agree<{ capacity: number; overflow: Overflow }, Model, Real>({
    start: kinds,
    pair: ({ capacity, overflow }) => ({
      model: new NaiveChannel(capacity, overflow),
      real: new RealChannel(capacity, overflow),
    }),
    commands: channelCommands,
    figures: (model, real) => {
      const { size, reserved, senders, receivers, sending, receiving } = real.stats();
      return {
        real: [
          [size, reserved, senders, receivers, sending, receiving],
          [real.undelivered.length, real.callers.retained()],
        ],
        model: [
          [model.items.length, model.reserved, model.senders.size, model.receivers.size].concat(
            model.givers.length,
            model.takers.length,
          ),
          [model.undelivered.length, model.retained()],
        ],
      };
    },
    end: finish,
    numRuns: 300,
  });
});
