import { ClosedError, Watch } from "corral";
import { withVirtualClock } from "corral/testing";
import { expect } from "vitest";
import { behaviour, notTransferable } from "./behaviour.ts";

const area = "watch (tokio)";

function panic(): never {
  throw new Error("panicked");
}

behaviour(
  {
    area,
    id: "single_rx_recv",
    says: "the first value counts as seen; a change is told to one who waits, and closing fails it; the last value stays",
    verdict: "holds",
  },
  () =>
    withVirtualClock(async () => {
      const watch = new Watch("one");
      const reader = watch.subscribe();
      expect(reader.hasChanged).toBe(false);
      const changed = reader.changed();
      expect(reader.waiting).toBe(1);
      expect(reader.value).toBe("one");
      watch.set("two");
      expect(reader.waiting).toBe(0);
      await changed;
      expect(reader.value).toBe("two");
      const over = reader.changed();
      expect(reader.waiting).toBe(1);
      watch.close();
      await expect(over).rejects.toBeInstanceOf(ClosedError);
      expect([reader.value, watch.value]).toEqual(["two", "two"]);
    }),
);

behaviour(
  {
    area,
    id: "multi_rx",
    says: "each receiver hears of a change for itself, and one that was late sees the last value",
    verdict: "holds",
  },
  () =>
    withVirtualClock(async () => {
      const watch = new Watch("one");
      const [first, second] = [watch.subscribe(), watch.subscribe()];
      const both = [first.changed(), second.changed()];
      watch.set("two");
      await Promise.all(both);
      expect([first.value, second.value]).toEqual(["two", "two"]);
      const again = first.changed();
      watch.set("three");
      await again;
      expect([first.value, first.hasChanged]).toEqual(["three", false]);
      watch.set("four");
      expect(second.hasChanged).toBe(true);
      await second.changed();
      expect([second.value, second.hasChanged]).toEqual(["four", false]);
      expect(first.hasChanged).toBe(true);
    }),
);

behaviour(
  {
    area,
    id: "borrow_and_update",
    says: "to read a value is to have seen it, and `changed()` sees it, too",
    verdict: "holds",
    because: "There is no way of reading that does not count.",
  },
  () =>
    withVirtualClock(async () => {
      const watch = new Watch("one");
      const reader = watch.subscribe();
      expect(reader.hasChanged).toBe(false);
      watch.set("two");
      expect(reader.hasChanged).toBe(true);
      await reader.changed();
      expect(reader.hasChanged).toBe(false);
      watch.set("three");
      expect(reader.hasChanged).toBe(true);
      expect(reader.value).toBe("three");
      expect(reader.hasChanged).toBe(false);
      const pending = reader.changed();
      expect(reader.waiting).toBe(1);
      watch.close();
      expect(reader.value).toBe("three");
      await expect(pending).rejects.toBeInstanceOf(ClosedError);
      await expect(reader.changed()).rejects.toBeInstanceOf(ClosedError);
    }),
);

behaviour(
  {
    area,
    id: "multiple_sender",
    says: "a reader sees the values of several senders in turn",
    verdict: "holds",
    because: "Whoever has the watch can set it.",
  },
  () =>
    withVirtualClock(async () => {
      const watch = new Watch(0);
      const reader = watch.subscribe();
      const seen: number[] = [];
      for (const set of [() => watch.set(1), () => watch.update((value) => value + 1)]) {
        const changed = reader.changed();
        set();
        await changed;
        seen.push(reader.value);
      }
      expect(seen).toEqual([1, 2]);
    }),
);

behaviour(
  {
    area,
    id: "send_modify_panic",
    says: "a change in place that fails half-way stays as far as it went, and nobody is told of it",
    verdict: "differs",
    because:
      "`update()` sets what its function returns: one that throws sets nothing. Nobody is told of it either.",
  },
  () =>
    withVirtualClock(async () => {
      const watch = new Watch("two");
      const reader = watch.subscribe();
      const changed = reader.changed();
      expect(() => watch.update(panic)).toThrow("panicked");
      expect([reader.waiting, reader.hasChanged, watch.value]).toEqual([1, false, "two"]);
      watch.update((value) => `${value}, three`);
      await changed;
      expect(reader.value).toBe("two, three");
    }),
);

behaviour(
  {
    area,
    id: "send_if_modified_panic",
    says: "a change that says itself whether it was one, and fails, leaves the value and tells nobody",
    verdict: "holds",
    because: "What counts as a change is said by `equals`.",
  },
  () =>
    withVirtualClock(async () => {
      let broken = false;
      const equals = (a: string, b: string): boolean => {
        if (broken) panic();
        return a.toLowerCase() === b.toLowerCase();
      };
      const watch = new Watch<string>("one", { equals });
      const reader = watch.subscribe();
      watch.set("ONE");
      expect([watch.value, reader.hasChanged]).toEqual(["one", false]);
      broken = true;
      expect(() => watch.set("two")).toThrow("panicked");
      expect(() => watch.update(() => "two")).toThrow("panicked");
      expect([watch.value, reader.hasChanged, watch.stats().version]).toEqual(["one", false, 0]);
      broken = false;
      watch.set("two");
      expect([watch.value, reader.hasChanged]).toEqual(["two", true]);
    }),
);

for (const id of ["rx_mark_changed", "rx_mark_unchanged", "rx_version_underflow"]) {
  notTransferable({
    area,
    id,
    says: "a receiver can be told that it has not seen, or has seen, the value",
    because: "To read is to have seen. Who wants to see the value again reads it.",
  });
}
