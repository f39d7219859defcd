import { Broadcast, LaggedError } from "corral";
import { setImmediate as turn } from "node:timers/promises";
import { expect } from "vitest";
import { behaviour } from "./behaviour.ts";

const area = "broadcast (tokio)";

for (const id of ["receiver_len_with_lagged", "receiver_len_after_lag_error_advances_cursor"]) {
  behaviour(
    {
      area,
      id,
      says: "the length of a receiver counts what it has missed, until it was told so",
      verdict: "differs",
      because: "`size` counts what is there to be read, and `missed` what is not.",
    },
    async () => {
      const broadcast = new Broadcast<number>({ capacity: 2 });
      const subscription = broadcast.subscribe();
      for (const value of [1, 2, 3, 4]) broadcast.publish(value);
      expect([subscription.size, subscription.missed]).toEqual([2, 2]);
      expect(() => subscription.tryReceive()).toThrow(LaggedError);
      expect([subscription.size, subscription.missed]).toEqual([2, 2]);
      expect(subscription.tryReceive()).toEqual({ value: 3 });
      expect(subscription.size).toBe(1);
      expect(subscription.tryReceive()).toEqual({ value: 4 });
      expect([subscription.size, subscription.missed]).toEqual([0, 2]);
    },
  );
}

behaviour(
  {
    area,
    id: "sender_len",
    says: "the length of the channel is that of what the slowest receiver has not read, and never more than the capacity",
    verdict: "holds",
  },
  () => {
    const broadcast = new Broadcast<number>({ capacity: 4 });
    const [first, second] = [broadcast.subscribe(), broadcast.subscribe()];
    const size = (): number => broadcast.stats().size;
    expect(size()).toBe(0);
    for (const value of [1, 2, 3]) broadcast.publish(value);
    expect(size()).toBe(3);
    for (let i = 0; i < 2; i++) first.tryReceive();
    expect(size()).toBe(3);
    second.tryReceive();
    expect(size()).toBe(2);
    for (const value of [4, 5, 6]) broadcast.publish(value);
    expect(size()).toBe(4);
  },
);

behaviour(
  {
    area,
    id: "sender_len_random",
    says: "so it is after a thousand reads and sends by chance",
    verdict: "holds",
  },
  () => {
    const broadcast = new Broadcast<number>({ capacity: 16, onLag: "skip" });
    const both = [broadcast.subscribe(), broadcast.subscribe()] as const;
    let seed = 1;
    const seen = new Set<number>();
    for (let i = 0; i < 1_000; i++) {
      seed = (seed * 48_271) % 0x7f_ff_ff_ff;
      const choice = seed % 4;
      if (choice < 2) both[choice]!.tryReceive();
      else broadcast.publish(i);
      const { size } = broadcast.stats();
      expect(size).toBe(Math.max(both[0].size, both[1].size));
      seen.add(size);
    }
    expect(Math.max(...seen)).toBe(16);
  },
);

behaviour(
  {
    area,
    id: "receiver_recv_is_cooperative",
    says: "a loop that sends and receives without ever waiting lets others run",
    verdict: "holds",
  },
  async () => {
    const broadcast = new Broadcast<number>({ capacity: 8 });
    const subscription = broadcast.subscribe();
    let others = false;
    void turn().then(() => (others = true));
    let rounds = 0;
    for (; !others && rounds < 100_000; rounds++) {
      broadcast.publish(rounds);
      expect(await subscription.receive()).toBe(rounds);
    }
    expect(rounds).toBeLessThan(100_000);
  },
);
