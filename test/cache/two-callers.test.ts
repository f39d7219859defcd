// Two callers share one load: what becomes of it, and of the other, when one of them or both leave.
import { describe, expect, test } from "vitest";
import {
  CancelledError,
  CancelScope,
  currentSignal,
  memoize,
  memoizeMethod,
  now,
  SingleFlight,
  TimeoutError,
} from "corral";
import { at } from "../support/mode.ts";
import { settle } from "../support/settle.ts";
import { unhandledDuring } from "../support/unhandled.ts";
import { Loads, outcomeOf } from "./flights.ts";

interface Options {
  readonly signal?: AbortSignal | undefined;
}

type Call = (options: Options) => Promise<string>;

const none: Options = { signal: undefined };

/** A memoized function has the signal of its load among its arguments, or else the scope around it. */
function loadOf({ signal }: Options): { readonly signal: AbortSignal } {
  return { signal: signal ?? currentSignal() };
}

interface Subject {
  /** Makes something whose calls share a load. */
  readonly open: (loads: Loads) => Call;
  /** Whether it keeps what was loaded. */
  readonly keeps: boolean;
}

const subjects: Record<string, Subject> = {
  "SingleFlight.run()": {
    open: (loads) => {
      const flights = new SingleFlight<string, string>();
      return (options) => flights.run("key", loads.load, options);
    },
    keeps: false,
  },
  "a memoized function": {
    open: (loads) => memoize((options: Options) => loads.load(loadOf(options))),
    keeps: true,
  },
  "a memoized method": {
    open: (loads) => {
      const it = { load: memoizeMethod((options: Options) => loads.load(loadOf(options))) };
      return (options) => it.load(options);
    },
    keeps: true,
  },
};

/** A call that can be left. */
interface Caller {
  readonly outcome: Promise<unknown>;
  readonly leave: () => void;
  /** How the call has ended then. */
  readonly left: unknown;
}

function withSignal(call: Call): Caller {
  const controller = new AbortController();
  const reason = new Error("left");
  return {
    outcome: outcomeOf(call({ signal: controller.signal })),
    leave: () => controller.abort(reason),
    left: { reason },
  };
}

function inScope(call: Call, scope: CancelScope): Promise<unknown> {
  return outcomeOf(scope.run(() => call({ signal: at(scope).signal })));
}

function withScope(call: Call): Caller {
  const scope = new CancelScope();
  return {
    outcome: inScope(call, scope),
    leave: () => scope.cancel("left"),
    left: { reason: expect.any(CancelledError) as unknown },
  };
}

function withDeadline(call: Call): Caller {
  const scope = new CancelScope({ timeoutMs: 60_000 });
  return {
    outcome: inScope(call, scope),
    leave: () => (scope.deadline = now()),
    left: { reason: expect.any(TimeoutError) as unknown },
  };
}

const ways = { withSignal, withScope, withDeadline };

const pairs = Object.values(ways).flatMap((first) =>
  Object.values(ways).map((second) => [first, second] as const),
);

const leavers: Record<string, readonly number[]> = {
  "the first leaves": [0],
  "the second leaves": [1],
  "both leave": [0, 1],
  "both leave, the last first": [1, 0],
  "neither leaves": [],
};

const moments = ["in its first step", "while it loads", "at its success", "after it"] as const;
type Moment = (typeof moments)[number];

async function check(
  { open, keeps }: Subject,
  pair: readonly ((call: Call) => Caller)[],
  who: readonly number[],
  moment: Moment,
): Promise<void> {
  const loads = new Loads();
  const call = open(loads);
  const callers = pair.map((way) => way(call));
  const leave = (): void => {
    for (const i of who) callers[i]!.leave();
  };
  if (moment === "in its first step") leave();
  await settle();
  expect(loads.begun).toHaveLength(1);
  if (moment === "while it loads") {
    leave();
    await settle();
  }
  loads.begun[0]!.gate.resolve("value");
  if (moment === "at its success") leave();
  await settle();
  if (moment === "after it") leave();
  await settle();

  const late = moment === "after it";
  const outcomes = await Promise.all(callers.map(({ outcome }) => outcome));
  expect(outcomes).toEqual(
    callers.map(({ left }, i) => (who.includes(i) && !late ? left : "value")),
  );
  const cancelled = who.length === 2 && !late;
  expect(loads.aborted).toEqual([cancelled]);
  if (cancelled) {
    const { reason } = loads.begun[0]!.signal;
    expect(reason).toBeInstanceOf(CancelledError);
    expect((reason as CancelledError).reason).toBe("nobody waits for it any more");
  }

  const next = call(none);
  await settle();
  const hit = keeps && !cancelled;
  expect(loads.begun).toHaveLength(hit ? 1 : 2);
  if (!hit) loads.begun.at(-1)!.gate.resolve("next");
  expect(await next).toBe(hit ? "value" : "next");
}

describe.each(Object.entries(subjects))("pitfall 7: of two callers of %s,", (_, subject) => {
  describe.each(Object.entries(leavers))("when %s", (_name, who) => {
    test.each(moments)("%s", async (moment) => {
      const unhandled = await unhandledDuring(async () => {
        for (const pair of pairs) await check(subject, pair, who, moment);
      });
      expect(unhandled).toEqual([]);
    });
  });

  test("one who leaves in whatever microtask around the success has the value or its reason, and the other the value", async () => {
    const seen = new Set<unknown>();
    for (const way of Object.values(ways)) {
      for (let microtasks = 0; microtasks < 16; microtasks++) {
        const loads = new Loads();
        const call = subject.open(loads);
        const [one, other] = [way(call), way(call)];
        await settle();
        loads.begun[0]!.gate.resolve("value");
        for (let i = 0; i < microtasks; i++) await Promise.resolve();
        one.leave();
        expect(await other.outcome).toBe("value");
        const outcome = await one.outcome;
        if (outcome !== "value") expect(outcome).toEqual(one.left);
        seen.add(outcome === "value");
        expect(loads.aborted).toEqual([false]);
      }
    }
    expect([...seen]).toEqual([false, true]);
  });

  test("one who comes when the other has left just before joins the load of a third", async () => {
    const loads = new Loads();
    const call = subject.open(loads);
    const first = withSignal(call);
    const second = withSignal(call);
    await settle();
    first.leave();
    const third = withSignal(call);
    second.leave();
    await settle();
    expect([loads.begun.length, loads.aborted]).toEqual([1, [false]]);
    loads.begun[0]!.gate.resolve("value");
    expect(await third.outcome).toBe("value");
  });

  test("one whose signal has aborted before it calls neither begins a load nor joins one", async () => {
    const loads = new Loads();
    const call = subject.open(loads);
    const gone = { signal: AbortSignal.abort("gone") };
    expect(await outcomeOf(call(gone))).toEqual({ reason: "gone" });
    await settle();
    expect(loads.begun).toEqual([]);
    const other = call(none);
    expect(await outcomeOf(call(gone))).toEqual({ reason: "gone" });
    await settle();
    loads.begun[0]!.gate.resolve("value");
    expect([await other, loads.begun.length]).toEqual(["value", 1]);
    expect(await outcomeOf(call(gone))).toEqual({ reason: "gone" });
  });

  test("one that nobody can make leave keeps the load", async () => {
    const loads = new Loads();
    const call = subject.open(loads);
    const one = withSignal(call);
    const free = call(none);
    const other = withScope(call);
    await settle();
    one.leave();
    other.leave();
    await settle();
    expect(loads.aborted).toEqual([false]);
    loads.begun[0]!.gate.resolve("value");
    expect(await free).toBe("value");
  });
});
