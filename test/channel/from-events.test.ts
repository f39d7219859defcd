import { EventEmitter, getEventListeners } from "node:events";
import { describe, expect, test, vi } from "vitest";
import {
  ClosedError,
  type EventTargetLike,
  fromEvents,
  type FromEventsOptions,
  type Receiver,
} from "corral";

interface Numbered {
  readonly n: number;
}

/** A source of numbered events, how many listen to it, and a channel of them. */
interface Source {
  readonly emit: (n: number) => void;
  readonly listeners: () => number;
  readonly open: (options: FromEventsOptions<Numbered>) => Receiver<Numbered>;
  /** Calls `fn` before the channel hears of an event. */
  readonly first: (fn: () => void) => void;
}

class NumberEvent extends Event implements Numbered {
  readonly n: number;

  constructor(n: number) {
    super("tick");
    this.n = n;
  }
}

const sources: Record<string, () => Source> = {
  EventTarget: () => {
    const target = new EventTarget();
    return {
      emit: (n) => void target.dispatchEvent(new NumberEvent(n)),
      listeners: () => getEventListeners(target, "tick").length,
      open: (options) =>
        fromEvents(target as unknown as EventTargetLike<Numbered>, "tick", options),
      first: (fn) => target.addEventListener("tick", fn),
    };
  },
  EventEmitter: () => {
    const emitter = new EventEmitter();
    return {
      emit: (n) => void emitter.emit("tick", { n }, "ignored"),
      listeners: () => emitter.listenerCount("tick"),
      open: (options) => fromEvents(emitter, "tick", options),
      first: (fn) => void emitter.on("tick", fn),
    };
  },
};

function rest(receiver: Receiver<Numbered>): number[] {
  const items: number[] = [];
  for (let next = receiver.tryReceive(); next !== undefined; next = receiver.tryReceive()) {
    items.push(next.value.n);
  }
  return items;
}

describe.each(Object.entries(sources))("fromEvents() of an %s", (_name, make) => {
  test("listens at once, and gives the events in order, also to one who waits", async () => {
    const { emit, open, listeners } = make();
    const receiver = open({ capacity: 2 });
    expect(listeners()).toBe(1);
    const got = receiver.receive();
    for (const n of [1, 2, 3]) emit(n);
    expect((await got).n).toBe(1);
    expect(rest(receiver)).toEqual([2, 3]);
  });

  const policies: [FromEventsOptions<Numbered>, { kept: number[]; lost: number[] }][] = [
    [{ capacity: 2 }, { kept: [3, 4], lost: [1, 2] }],
    [
      { capacity: 2, overflow: "dropOldest" },
      { kept: [3, 4], lost: [1, 2] },
    ],
    [
      { capacity: 2, overflow: "dropNewest" },
      { kept: [1, 2], lost: [3, 4] },
    ],
    [
      { capacity: 1, overflow: "conflate" },
      { kept: [4], lost: [1, 2, 3] },
    ],
    [{ capacity: Infinity }, { kept: [1, 2, 3, 4], lost: [] }],
  ];

  test.each(policies)("keeps no more than it is told: %o", (options, { kept }) => {
    const { emit, open } = make();
    const receiver = open(options);
    for (const n of [1, 2, 3, 4]) emit(n);
    expect(rest(receiver)).toEqual(kept);
  });

  test.each(policies)("tells of each event that goes: %o", (options, { kept, lost }) => {
    const { emit, open } = make();
    const heard: number[] = [];
    const receiver = open({ ...options, onUndelivered: (event) => heard.push(event.n) });
    for (const n of [1, 2, 3, 4]) emit(n);
    expect(heard).toEqual(lost);
    receiver.close();
    expect(heard).toEqual([...lost, ...kept]);
  });

  test("stops listening when the last receiving end is closed, not before", async () => {
    const { emit, open, listeners } = make();
    const receiver = open({ capacity: 2 });
    const other = receiver.clone();
    receiver.close();
    emit(1);
    expect([listeners(), (await other.receive()).n]).toEqual([1, 1]);
    other.close();
    expect(listeners()).toBe(0);
    emit(2);
    expect(() => other.tryReceive()).toThrow(ClosedError);
  });

  test("stops listening by `using`, also when the block throws", () => {
    const { open, listeners } = make();
    expect(() => {
      using receiver = open({ capacity: 1 });
      expect([receiver.closed, listeners()]).toEqual([false, 1]);
      throw new Error("in the block");
    }).toThrow("in the block");
    expect(listeners()).toBe(0);
  });

  test("breaks no event that a listener before it has closed it on", () => {
    const { emit, open, first, listeners } = make();
    const opened: Receiver<Numbered>[] = [];
    first(() => opened[0]!.close());
    opened.push(open({ capacity: 1 }));
    expect(() => emit(1)).not.toThrow();
    expect([listeners(), opened[0]!.stats().size]).toEqual([1, 0]);
  });

  test("gives each its own: two channels of one source", () => {
    const { emit, open, listeners } = make();
    const [a, b] = [open({ capacity: 2 }), open({ capacity: 2 })];
    emit(1);
    a.close();
    emit(2);
    expect([rest(b), listeners()]).toEqual([[1, 2], 1]);
  });
});

test("fromEvents() prefers addEventListener() where there is both", () => {
  const target = {
    addEventListener: vi.fn<() => void>(),
    removeEventListener: vi.fn<() => void>(),
    on: vi.fn<() => void>(),
    off: vi.fn<() => void>(),
  };
  fromEvents(target, "tick", { capacity: 1 }).close();
  expect(target.addEventListener).toHaveBeenCalledTimes(1);
  expect(target.removeEventListener).toHaveBeenCalledTimes(1);
  expect(target.addEventListener.mock.calls).toEqual(target.removeEventListener.mock.calls);
  expect([target.on.mock.calls, target.off.mock.calls]).toEqual([[], []]);
});
