import {
  AdaptiveLimit,
  after,
  cancellable,
  type CancelScope,
  join,
  keyed,
  limit,
  mapStream,
  safeChannel,
  sleep,
  TaskGroup,
  type WaitOptions,
  WorkQueue,
} from "corral";
import { vi } from "vitest";
import { type Deferred, deferred } from "../support/deferred.ts";
import { type Line, plain, plus, type WaitingMethod } from "./line.ts";
import { watchWaits } from "./pending.ts";

function sleeping(): Line {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  const waits = watchWaits("sleep");
  return plain((options) => sleep(10, options), {
    wake: () => vi.advanceTimersByTime(10),
    waiting: waits.count,
    leftovers: () => vi.getTimerCount(),
    clause: () => after(10),
    close: () => {
      waits.stop();
      vi.useRealTimers();
    },
  });
}

function task(): Line {
  const gate = deferred();
  const it = new TaskGroup().spawn(() => gate.promise);
  const waits = watchWaits("task");
  return plain((options) => it.wait(options), {
    wake: () => gate.resolve(),
    waiting: waits.count,
    clause: () => join(it),
    close: () => {
      waits.stop();
      gate.resolve();
    },
  });
}

function idle(
  it: Pick<AdaptiveLimit, "onIdle">,
  run: (fn: () => Promise<void>) => Promise<void>,
): Line {
  const gate = deferred();
  void run(() => gate.promise);
  const waits = watchWaits("limit idle");
  return plain((options) => it.onIdle(options), {
    wake: () => gate.resolve(),
    waiting: waits.count,
    close: waits.stop,
  });
}

/** A queue in which one job runs and one waits. */
function busy(
  kind: string,
  wait: (it: WorkQueue, options: WaitOptions | undefined) => Promise<void>,
): Line {
  const gate = deferred();
  const it = new WorkQueue({ concurrency: 1 });
  void it.add(() => gate.promise);
  void it.add(() => {});
  const waits = watchWaits(kind);
  return plain((options) => wait(it, options), {
    wake: () => gate.resolve(),
    waiting: waits.count,
    close: waits.stop,
  });
}

function idleKeys(): Line {
  const gate = deferred();
  const it = keyed(1);
  void it.run("key", () => gate.promise);
  const waits = watchWaits("keyed-limit idle");
  return plain((options) => it.onIdle(options), {
    wake: () => gate.resolve(),
    waiting: waits.count,
    close: waits.stop,
  });
}

function idleLimit(): Line {
  const it = limit(1);
  return idle(it, it);
}

function idleAdaptiveLimit(): Line {
  const it = new AdaptiveLimit();
  return idle(it, (fn) => it.run(fn));
}

/** Each call waits for the first promise that no other waits for. */
function promises(
  method: (work: Promise<number>, options: WaitOptions | undefined) => Promise<unknown>,
): Line {
  const waits = watchWaits("promise");
  // Made beforehand: on Node 20 a promise keeps the scope in which it was made.
  const spare = Array.from({ length: 100 }, () => deferred<number>());
  const works: Deferred<number>[] = [];
  return plain(
    (options) => {
      const work = spare.pop() ?? deferred<number>();
      works.push(work);
      return method(work.promise, options);
    },
    { wake: () => works.shift()?.resolve(1), waiting: waits.count, close: waits.stop },
  );
}

/** Each call waits for the first result of a stream of its own, and then leaves it. */
function streams(): Line {
  const works: Deferred<number>[] = [];
  let running = 0;
  return {
    call: (options, enter) => {
      const work = deferred<number>();
      const look = async (
        _item: number,
        _index: number,
        { signal }: CancelScope,
      ): Promise<number> => {
        running++;
        works.push(work);
        try {
          return await cancellable(work.promise, { signal });
        } finally {
          running--;
          works.splice(works.indexOf(work), 1);
        }
      };
      const stream = mapStream([1, 2], look, plus(options, { concurrency: 1 }));
      const called = stream.next();
      if (enter !== undefined) void called.then(() => stream.return()).then(enter, () => {});
      return called;
    },
    wake: () => works[0]?.resolve(1),
    waiting: () => running,
  };
}

/** Each call waits for the first item of a generator of its own, and then leaves it. */
function generators(): Line {
  const works: Deferred<number>[] = [];
  let running = 0;
  return {
    call: (options, enter) => {
      const work = deferred<number>();
      async function* generate({ signal }: CancelScope): AsyncGenerator<number> {
        running++;
        works.push(work);
        try {
          yield await cancellable(work.promise, { signal });
        } finally {
          running--;
          works.splice(works.indexOf(work), 1);
        }
      }
      const channel = safeChannel(generate, options);
      const called = channel.next();
      if (enter !== undefined) void called.then(() => channel.return()).then(enter, () => {});
      return called;
    },
    wake: () => works[0]?.resolve(1),
    waiting: () => running,
  };
}

export const work: readonly WaitingMethod[] = [
  { member: "sleep", gives: "round", late: "keeps", open: sleeping },
  { member: "Task.wait", gives: "opening", late: "keeps", wakesLater: true, open: task },
  { member: "Limit.onIdle", gives: "opening", late: "keeps", wakesLater: true, open: idleLimit },
  ...(
    [
      ["WorkQueue.onIdle", "work queue idle", (it, options) => it.onIdle(options)],
      ["WorkQueue.drain", "work queue idle", (it, options) => it.drain(options)],
      ["WorkQueue.onEmpty", "work queue size", (it, options) => it.onEmpty(options)],
      ["WorkQueue.onSizeLessThan", "work queue size", (it, how) => it.onSizeLessThan(1, how)],
    ] as [string, string, Parameters<typeof busy>[1]][]
  ).map(([member, kind, wait]): WaitingMethod => ({
    member,
    gives: "opening",
    late: "keeps",
    wakesLater: true,
    open: () => busy(kind, wait),
  })),
  {
    member: "AdaptiveLimit.onIdle",
    gives: "opening",
    late: "keeps",
    wakesLater: true,
    open: idleAdaptiveLimit,
  },
  {
    member: "KeyedLimit.onIdle",
    gives: "opening",
    late: "keeps",
    wakesLater: true,
    open: idleKeys,
  },
  {
    member: "cancellable",
    gives: "own",
    late: "keeps",
    wakesLater: true,
    open: () => promises((promise, options) => cancellable(promise, options)),
  },
  {
    member: "cancellable",
    variant: "of a function",
    gives: "own",
    late: "keeps",
    wakesLater: true,
    listensOn: true,
    open: () => promises((promise, options) => cancellable(() => promise, options)),
  },
  {
    member: "MappedStream.next",
    gives: "own",
    late: "keeps",
    wakesLater: true,
    endsLater: true,
    listensOn: true,
    optionsOf: "mapStream",
    open: streams,
  },
  {
    member: "SafeChannel.next",
    gives: "own",
    late: "keeps",
    beginsLater: true,
    wakesLater: true,
    endsLater: true,
    listensOn: true,
    optionsOf: "safeChannel",
    open: generators,
  },
];
