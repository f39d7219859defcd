import {
  AsyncEvent,
  Barrier,
  Condition,
  detached,
  type HeldCondition,
  Latch,
  when,
  type WaitOptions,
} from "corral";
import { deferred } from "../support/deferred.ts";
import { type Line, plain, type WaitingMethod } from "./line.ts";

function event(): Line {
  const it = new AsyncEvent();
  return plain((options) => it.wait(options), {
    wake: () => it.set(),
    waiting: () => it.waiting,
    clause: () => when(it),
  });
}

function latch(): Line {
  const it = new Latch(1);
  return plain((options) => it.wait(options), {
    wake: () => it.countDown(),
    waiting: () => it.waiting,
    clause: () => when(it),
  });
}

function barrier(): Line {
  const it = new Barrier(200);
  return plain((options) => it.wait(options), {
    // Those who are missing come.
    wake: () => {
      do void it.wait();
      while (it.waiting > 0);
    },
    waiting: () => it.waiting,
  });
}

/**
 * A section of a condition for each call, which waits where it is called. The sections are entered
 * outside of all scopes, so that they can be entered also for calls in a cancelled one.
 */
function sections(
  it: Condition,
  wait: (
    held: HeldCondition,
    options: WaitOptions | undefined,
    enter: () => void,
  ) => Promise<unknown>,
): Line["call"] {
  return (options, enter) => {
    const over = deferred();
    let held: HeldCondition | undefined;
    void detached(() =>
      it.run((section) => {
        held = section;
        return over.promise;
      }),
    );
    if (held === undefined) throw new Error("the lock of the condition must be free");
    const waited = wait(held, options, enter ?? (() => {}));
    // Not without `enter`: it would handle the promise.
    if (enter !== undefined) void waited.finally(over.resolve).catch(() => {});
    return waited;
  };
}

function notified(): Line {
  const it = new Condition();
  const call = sections(it, (held, options, enter) => {
    const waited = held.wait(options);
    if (enter !== undefined) void waited.then(enter, () => {});
    return waited;
  });
  return {
    call,
    wake: () => void it.run((held) => held.notify()),
    waiting: () => it.waiting,
  };
}

function waitedFor(): Line {
  const it = new Condition();
  let tokens = 0;
  const call = sections(it, (held, options, enter) =>
    held.waitFor(() => {
      if (tokens === 0) return false;
      tokens--;
      enter();
      return true;
    }, options),
  );
  return {
    call,
    wake: () =>
      void it.run((held) => {
        tokens++;
        held.notify();
      }),
    waiting: () => it.waiting,
    free: () => tokens,
  };
}

export const signals: readonly WaitingMethod[] = [
  { member: "AsyncEvent.wait", gives: "opening", late: "keeps", open: event },
  { member: "Latch.wait", gives: "opening", late: "keeps", open: latch },
  { member: "Barrier.wait", gives: "round", late: "keeps", open: barrier },
  { member: "HeldCondition.wait", gives: "notice", late: "returns", open: notified },
  {
    member: "HeldCondition.waitFor",
    gives: "unit",
    late: "returns",
    beginsLater: true,
    calls: true,
    open: waitedFor,
  },
];
