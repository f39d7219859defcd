import { Broadcast, ClosedError, LaggedError, type Subscription } from "corral";
import { withVirtualClock } from "corral/testing";
import { expect } from "vitest";
import { behaviour } from "./behaviour.ts";

const area = "broadcast (tokio)";

/** What the next read of a subscription gives: a value, or what it is told. */
function next(subscription: Subscription<number>): number | string {
  try {
    return subscription.tryReceive()?.value ?? "empty";
  } catch (error) {
    if (error instanceof LaggedError) return `missed ${error.missed}`;
    expect(error).toBeInstanceOf(ClosedError);
    return "closed";
  }
}

/** Numbers are published; a list is what the subscription reads then; or it is closed. */
type Script = readonly (number | readonly (number | string)[] | "close")[];

for (const [id, capacity, says, script] of [
  [
    "single_capacity_recvs",
    1,
    "with room for one, a value that was sent is received",
    [1, [1, "empty"]],
  ],
  [
    "single_capacity_recvs_after_drop_1",
    1,
    "with room for one, what was sent before closing is received, then the end",
    [1, "close", [1, "closed"]],
  ],
  [
    "single_capacity_recvs_after_drop_2",
    1,
    "with room for one, who has missed a value before closing is told so, gets the last one, then the end",
    [1, 2, "close", ["missed 1", 2, "closed"]],
  ],
  [
    "dropping_sender_does_not_overwrite",
    2,
    "closing a full channel drops nothing",
    [1, 2, "close", [1, 2, "closed"]],
  ],
  [
    "lagging_receiver_recovers_after_wrap_closed_1",
    2,
    "who has missed one value before closing is told so, and goes on with the oldest",
    [1, 2, 3, "close", ["missed 1", 2, 3, "closed"]],
  ],
  [
    "lagging_receiver_recovers_after_wrap_closed_2",
    2,
    "who has missed two values before closing is told so, and goes on with the oldest",
    [1, 2, 3, 4, "close", ["missed 2", 3, 4, "closed"]],
  ],
  [
    "lagging_receiver_recovers_after_wrap_open",
    2,
    "who has missed a value is told so once, and goes on with the oldest",
    [1, 2, 3, ["missed 1", 2, 3, "empty"]],
  ],
  [
    "capacity_overflow_reports_lagged_then_oldest_retained",
    2,
    "what was missed is told before the oldest value that is left, and no value is given twice",
    [10, 20, 30, ["missed 1", 20, 30, "empty"]],
  ],
  [
    "lagged_count_matches_number_of_overwritten_messages",
    4,
    "all that was missed since the last read is counted, and nothing else",
    [1, 2, 3, 4, [1], 5, 6, 7, 8, ["missed 3", 5, 6, 7, 8, "empty"]],
  ],
  [
    "lag_catch_up_then_lag_again",
    2,
    "who has caught up and misses a value again is told of that one alone",
    [1, 2, 3, ["missed 1", 2, 3, "empty"], 4, 5, 6, ["missed 1", 5, 6, "empty"]],
  ],
  [
    "lag_again_before_reading_retained_messages",
    2,
    "who misses more values before it has read any is told of these in turn",
    [1, 2, 3, ["missed 1"], 4, 5, 6, ["missed 3", 5, 6, "empty"]],
  ],
  [
    "single_slot_capacity_lag_semantics",
    1,
    "with room for one, each value that is sent makes one that was not read missed",
    [1, [1], 2, 3, ["missed 1", 3, "empty"]],
  ],
] satisfies [string, number, string, Script][]) {
  behaviour({ area, id, says, verdict: "holds" }, () => {
    const broadcast = new Broadcast<number>({ capacity });
    const subscription = broadcast.subscribe();
    for (const step of script) {
      if (typeof step === "number") broadcast.publish(step);
      else if (step === "close") broadcast.close();
      else expect((step as unknown[]).map(() => next(subscription))).toEqual(step);
    }
  });
}

behaviour(
  {
    area,
    id: "lagging_rx",
    says: "one who lags misses values, another who keeps up does not",
    verdict: "holds",
  },
  () => {
    const broadcast = new Broadcast<number>({ capacity: 2 });
    const [fast, slow] = [broadcast.subscribe(), broadcast.subscribe()];
    for (const value of [1, 2]) broadcast.publish(value);
    expect(next(fast)).toBe(1);
    broadcast.publish(3);
    expect([next(slow), next(slow)]).toEqual(["missed 1", 2]);
    expect([next(fast), next(fast)]).toEqual([2, 3]);
    for (const value of [4, 5]) broadcast.publish(value);
    expect(next(slow)).toBe("missed 1");
    broadcast.publish(6);
    expect(next(slow)).toBe("missed 1");
    expect([next(slow), next(slow), next(slow)]).toEqual([5, 6, "empty"]);
  },
);

behaviour(
  {
    area,
    id: "lag_is_per_receiver",
    says: "each receiver lags for itself: one that has caught up is not hurt by a slow one",
    verdict: "holds",
  },
  () => {
    const broadcast = new Broadcast<number>({ capacity: 2 });
    const [slow, fast] = [broadcast.subscribe(), broadcast.subscribe()];
    for (const value of [1, 2]) broadcast.publish(value);
    expect([next(fast), next(fast)]).toEqual([1, 2]);
    for (const value of [3, 4]) broadcast.publish(value);
    expect([next(fast), next(fast), next(fast)]).toEqual([3, 4, "empty"]);
    expect([next(slow), next(slow), next(slow)]).toEqual(["missed 2", 3, 4]);
    expect([slow.missed, fast.missed]).toEqual([2, 0]);
  },
);

behaviour(
  {
    area,
    id: "slow_receiver_within_capacity_does_not_lag",
    says: "a slow receiver misses nothing while there is room for what it has not read",
    verdict: "holds",
  },
  () => {
    const broadcast = new Broadcast<number>({ capacity: 2 });
    const [slow, fast] = [broadcast.subscribe(), broadcast.subscribe()];
    for (const value of [1, 2]) broadcast.publish(value);
    for (const subscription of [fast, slow]) {
      expect([next(subscription), next(subscription), next(subscription)]).toEqual([1, 2, "empty"]);
    }
  },
);

behaviour(
  {
    area,
    id: "async_recv_lagged_then_resumes_from_oldest_retained",
    says: "one who waits to receive is told in the same way what it has missed",
    verdict: "holds",
    because: 'An iteration, too; with `onLag: "skip"` they just go on, and `missed` counts.',
  },
  () =>
    withVirtualClock(async () => {
      for (const onLag of ["error", "skip"] as const) {
        const broadcast = new Broadcast<number>({ capacity: 2, onLag });
        const [first, second] = [broadcast.subscribe(), broadcast.subscribe()];
        for (const value of [10, 20, 30]) broadcast.publish(value);
        const items = second.values();
        if (onLag === "error") {
          await expect(first.receive()).rejects.toMatchObject({ name: "LaggedError", missed: 1 });
          await expect(items.next()).rejects.toBeInstanceOf(LaggedError);
        }
        expect([await first.receive(), await first.receive()]).toEqual([20, 30]);
        expect(await items.next()).toEqual({ done: false, value: 20 });
        expect([first.missed, second.missed]).toEqual([1, 1]);
      }
    }),
);

behaviour(
  {
    area,
    id: "lag_uses_power_of_two_buffer_length",
    says: "a capacity that is no power of two is rounded up to one",
    verdict: "differs",
    because: "The capacity is exact.",
  },
  () => {
    const broadcast = new Broadcast<number>({ capacity: 3 });
    const subscription = broadcast.subscribe();
    for (const value of [1, 2, 3]) broadcast.publish(value);
    expect([subscription.size, subscription.missed]).toEqual([3, 0]);
    broadcast.publish(4);
    expect(next(subscription)).toBe("missed 1");
    expect([2, 3, 4].map(() => next(subscription))).toEqual([2, 3, 4]);
  },
);

behaviour(
  {
    area,
    id: "resubscribe_lagged",
    says: "a receiver that is made of one that lags has missed nothing",
    verdict: "holds",
  },
  () => {
    const broadcast = new Broadcast<number>({ capacity: 1 });
    const first = broadcast.subscribe();
    for (const value of [1, 2]) broadcast.publish(value);
    const second = first.resubscribe();
    expect(next(first)).toBe("missed 1");
    expect([next(second), second.missed]).toEqual(["empty", 0]);
    expect([next(first), next(first)]).toEqual([2, "empty"]);
    expect(next(second)).toBe("empty");
  },
);
