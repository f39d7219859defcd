import { ClosedError, Watch } from "corral";
import { withVirtualClock } from "corral/testing";
import { expect } from "vitest";
import { behaviour, notTransferable } from "./behaviour.ts";

const area = "watch (tokio)";

behaviour(
  {
    area,
    id: "rx_observes_final_value",
    says: "a value that was set before closing is told to one who waits, and to one who has not seen it; then it is closed",
    verdict: "holds",
  },
  () =>
    withVirtualClock(async () => {
      const watch = new Watch("one");
      const [waiting, late] = [watch.subscribe(), watch.subscribe()];
      const changed = waiting.changed();
      watch.set("two");
      watch.close();
      await changed;
      expect(waiting.value).toBe("two");
      await expect(waiting.changed()).rejects.toBeInstanceOf(ClosedError);
      await late.changed();
      expect(late.value).toBe("two");
      await expect(late.changed()).rejects.toBeInstanceOf(ClosedError);
      expect([waiting.value, late.value]).toEqual(["two", "two"]);
    }),
);

behaviour(
  {
    area,
    id: "changed_succeeds_on_closed_channel_with_unseen_value",
    says: "`changed()` of a closed one succeeds once if its last value was not seen",
    verdict: "holds",
  },
  async () => {
    const watch = new Watch("A");
    const reader = watch.subscribe();
    watch.set("B");
    watch.close();
    await reader.changed();
    await expect(reader.changed()).rejects.toBeInstanceOf(ClosedError);
    expect(reader.value).toBe("B");
  },
);

behaviour(
  {
    area,
    id: "changed_errors_on_closed_channel_with_seen_value",
    says: "`changed()` of a closed one fails if its last value was seen",
    verdict: "holds",
  },
  async () => {
    const watch = new Watch("A");
    const reader = watch.subscribe();
    watch.close();
    await expect(reader.changed()).rejects.toBeInstanceOf(ClosedError);
    await expect(watch.subscribe().changed()).rejects.toBeInstanceOf(ClosedError);
  },
);

for (const [id, seen] of [
  ["has_changed_errors_on_closed_channel_with_unseen_value", false],
  ["has_changed_errors_on_closed_channel_with_seen_value", true],
] as const) {
  behaviour(
    {
      area,
      id,
      says: `to ask whether a closed one has changed is an error, though its last value was ${seen ? "" : "not "}seen`,
      verdict: "differs",
      because:
        "It is answered: a value that was not seen can still be read. `closed` tells the other.",
    },
    () => {
      const watch = new Watch("A");
      const reader = watch.subscribe();
      watch.set("B");
      if (seen) expect(reader.value).toBe("B");
      watch.close();
      expect([watch.closed, reader.hasChanged]).toEqual([true, !seen]);
    },
  );
}

behaviour(
  {
    area,
    id: "receiver_is_notified_when_last_sender_is_dropped",
    says: "one who waits for a change is told when the last sender has gone, and not before",
    verdict: "differs",
    because: "A watch has one end to send: it is open until it is closed by hand.",
  },
  () =>
    withVirtualClock(async (clock) => {
      const watch = new Watch(0);
      const reader = watch.subscribe();
      const changed = reader.changed();
      const next = reader.values().next();
      await clock.runUntilIdle();
      expect(reader.waiting).toBe(2);
      watch.close();
      await expect(changed).rejects.toBeInstanceOf(ClosedError);
      expect(await next).toEqual({ done: true, value: undefined });
      expect(() => watch.set(1)).toThrow(ClosedError);
    }),
);

notTransferable({
  area,
  id: "poll_close",
  says: "one can wait until all receivers have gone, and sending is an error then",
  because: "A watch is a value: it can be set and read whether anybody watches it or not.",
});

notTransferable({
  area,
  id: "reopened_after_subscribe",
  says: "a channel without receivers counts as closed, and is open again with the next one",
  because: "A watch is closed by `close()` alone, and for good.",
});
