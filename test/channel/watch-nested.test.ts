import { describe, expect, test } from "vitest";
import { ClosedError } from "../../src/cancel/errors.ts";
import { Watch } from "../../src/channel/watch.ts";

/** A predicate that never holds, and calls `act` with each new value. */
function hook(act: (n: number) => void): (n: number) => boolean {
  return (n) => {
    act(n);
    return false;
  };
}

describe("from inside of a predicate", () => {
  test("a set() takes effect at once, and is asked about after the one under way", async () => {
    const watch = new Watch(0);
    const asked: string[] = [];
    void watch.waitFor(
      hook((n) => {
        asked.push(`a${n}`);
        if (n !== 1) return;
        watch.set(2);
        expect(watch.value).toBe(2);
        watch.update((value) => value + 1);
        expect(watch.value).toBe(3);
      }),
    );
    void watch.waitFor(hook((n) => asked.push(`b${n}`)));
    watch.set(1);
    expect(asked).toEqual(["a0", "b0", "a1", "b1", "a2", "b2", "a3", "b3"]);
    expect([watch.value, watch.stats().version]).toEqual([3, 3]);
  });

  test("a set() makes nobody miss the value under way", async () => {
    const watch = new Watch(0);
    void watch.waitFor(hook((n) => n === 1 && watch.set(2)));
    const [one, two] = [watch.waitFor((n) => n === 1), watch.waitFor((n) => n === 2)];
    watch.set(1);
    expect(await Promise.all([one, two])).toEqual([1, 2]);
  });

  test("a set() in the first question is asked about as well", async () => {
    const watch = new Watch(0);
    const asked: number[] = [];
    const waiting = watch.waitFor((n) => {
      asked.push(n);
      if (n < 3) watch.set(n + 1);
      return n === 3;
    });
    expect(await waiting).toBe(3);
    expect(asked).toEqual([0, 1, 2, 3]);
  });

  test("a deep chain of sets takes no stack", () => {
    const watch = new Watch(0);
    void watch.waitFor(hook((n) => n > 0 && n < 100_000 && watch.set(n + 1)));
    watch.set(1);
    expect(watch.value).toBe(100_000);
  });

  test("a waitFor() is asked about the latest value at once, and never about an older one", async () => {
    const watch = new Watch(0);
    const asked: number[] = [];
    let inner: Promise<number> | undefined;
    void watch.waitFor(
      hook((n) => {
        if (n !== 1) return;
        watch.set(2);
        watch.set(3);
        inner = watch.waitFor((value) => {
          asked.push(value);
          return value !== 3;
        });
      }),
    );
    watch.set(1);
    expect(asked).toEqual([3]);
    watch.set(4);
    expect(await inner).toBe(4);
    expect(asked).toEqual([3, 4]);
  });

  test("a close() comes after the questions about what was set", async () => {
    const watch = new Watch(0);
    const asked: number[] = [];
    void watch.waitFor(
      hook((n) => {
        asked.push(n);
        if (n !== 1) return;
        watch.set(2);
        watch.close();
        expect(() => watch.set(3)).toThrow(ClosedError);
      }),
    );
    const calls = [1, 2, 3].map((value) => watch.waitFor((n) => n === value));
    watch.set(1);
    const [one, two, three] = await Promise.allSettled(calls);
    expect([one, two]).toEqual([
      { status: "fulfilled", value: 1 },
      { status: "fulfilled", value: 2 },
    ]);
    expect(three).toMatchObject({ reason: expect.any(ClosedError) as unknown });
    expect(watch.stats()).toEqual({ version: 2, waiting: 0, closed: true });
    expect(asked).toEqual([0, 1, 2]);
  });

  test("a close() in the first question is its own answer", async () => {
    const watch = new Watch(0);
    await expect(watch.waitFor(hook(() => watch.close()))).rejects.toThrow(ClosedError);
  });

  test("an abort of others takes them out, wherever they are in line", async () => {
    const watch = new Watch(0);
    const controllers = [1, 2, 3].map(() => new AbortController());
    const asked: string[] = [];
    const calls = controllers.map(({ signal }, i) =>
      watch.waitFor(
        hook((n) => {
          asked.push(`${i}:${n}`);
          if (i !== 1 || n !== 1) return;
          for (const controller of controllers) controller.abort("gone");
        }),
        { signal },
      ),
    );
    const last = watch.waitFor((n) => n === 1);
    watch.set(1);
    for (const each of calls) await expect(each).rejects.toBe("gone");
    expect(await last).toBe(1);
    expect(asked).toEqual(["0:0", "1:0", "2:0", "0:1", "1:1"]);
  });

  test("an abort of its own wait in the first question rejects it", async () => {
    const watch = new Watch(0);
    const controller = new AbortController();
    const waiting = watch.waitFor(
      hook(() => controller.abort("own")),
      { signal: controller.signal },
    );
    await expect(waiting).rejects.toBe("own");
    expect(watch.stats().waiting).toBe(0);
  });

  test("an abort of its own wait counts, though it holds", async () => {
    const watch = new Watch(0);
    const controller = new AbortController();
    const waiting = watch.waitFor(
      (n) => {
        if (n === 1) controller.abort("own");
        return n === 1;
      },
      { signal: controller.signal },
    );
    watch.set(1);
    await expect(waiting).rejects.toBe("own");
  });

  test("readers are told of a set before the questions, and have one unseen after a second", async () => {
    const watch = new Watch(0);
    const reader = watch.subscribe();
    const changed = reader.changed();
    let first: boolean | undefined;
    void watch.waitFor(
      hook((n) => {
        if (n !== 1) return;
        first = reader.hasChanged;
        watch.set(2);
      }),
    );
    watch.set(1);
    await changed;
    expect([first, reader.hasChanged]).toEqual([false, true]);
  });
});

test("a set() from inside of `equals` or an update() comes before theirs", () => {
  const watch = new Watch(0, {
    equals: (_, b) => {
      if (b === 1) watch.set(5);
      return false;
    },
  });
  const asked: number[] = [];
  void watch.waitFor(hook((n) => asked.push(n)));
  watch.set(1);
  watch.update((n) => {
    watch.set(6);
    return n + 1;
  });
  expect(asked).toEqual([0, 5, 1, 6, 2]);
  expect(watch.value).toBe(2);
});
