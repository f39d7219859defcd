import { ClosedError, Watch } from "corral";
import { withVirtualClock } from "corral/testing";
import { expect } from "vitest";
import { behaviour } from "./behaviour.ts";

const area = "watch (tokio)";

behaviour(
  {
    area,
    id: "wait_for_test",
    says: "one can wait for a value of which something is true: the one there is, or one that is set later",
    verdict: "holds",
    because: "`waitFor()` is the watch's own, and marks nothing as seen for any reader.",
  },
  () =>
    withVirtualClock(async () => {
      const watch = new Watch(false);
      const reader = watch.subscribe();
      const waiting = watch.waitFor((value) => value);
      for (let i = 0; i < 2; i++) watch.update((value) => value);
      expect(watch.stats().waiting).toBe(1);
      watch.set(true);
      expect(watch.stats().waiting).toBe(0);
      expect(await waiting).toBe(true);
      expect(await watch.waitFor((value) => value)).toBe(true);
      expect(reader.hasChanged).toBe(true);
    }),
);

behaviour(
  {
    area,
    id: "wait_for_returns_correct_value",
    says: "what is returned is the value that was asked about, though others were set since",
    verdict: "holds",
  },
  () =>
    withVirtualClock(async () => {
      const watch = new Watch(0);
      const asked: number[] = [];
      const waiting = watch.waitFor((value) => {
        asked.push(value);
        return value >= 2;
      });
      for (const value of [1, 2, 3]) watch.set(value);
      expect(await waiting).toBe(2);
      expect(asked).toEqual([0, 1, 2]);
      expect(watch.value).toBe(3);
    }),
);

behaviour(
  {
    area,
    id: "wait_for_errors_on_closed_channel_true_predicate",
    says: "waiting for a value of a closed one succeeds if it is the last one, seen or not",
    verdict: "holds",
  },
  async () => {
    const watch = new Watch("A");
    const reader = watch.subscribe();
    watch.set("B");
    watch.close();
    expect(await watch.waitFor((value) => value === "B")).toBe("B");
    expect(reader.value).toBe("B");
    expect(await watch.waitFor(() => true)).toBe("B");
  },
);

behaviour(
  {
    area,
    id: "wait_for: closed",
    says: "waiting for another value of a closed one fails, also when it is closed meanwhile",
    verdict: "holds",
  },
  () =>
    withVirtualClock(async () => {
      const watch = new Watch("A");
      const waiting = watch.waitFor((value) => value === "C");
      watch.set("B");
      expect(watch.stats().waiting).toBe(1);
      watch.close();
      await expect(waiting).rejects.toBeInstanceOf(ClosedError);
      await expect(watch.waitFor((value) => value === "C")).rejects.toBeInstanceOf(ClosedError);
    }),
);

behaviour(
  {
    area,
    id: "wait_for: a predicate that throws",
    says: "a predicate that throws fails its own wait alone",
    verdict: "holds",
    because: "tokio has it poison nothing either: the receiver can be used again.",
  },
  () =>
    withVirtualClock(async () => {
      const watch = new Watch(0);
      const failing = watch.waitFor((value) => {
        if (value === 1) throw new Error("panicked");
        return false;
      });
      const failed = expect(failing).rejects.toThrow("panicked");
      const waiting = watch.waitFor((value) => value === 1);
      watch.set(1);
      await failed;
      expect(await waiting).toBe(1);
      expect(watch.stats()).toMatchObject({ version: 1, waiting: 0 });
    }),
);
