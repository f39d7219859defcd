import {
  AdaptiveLimit,
  CapacityLimiter,
  type Clause,
  Condition,
  keyed as keyedLimit,
  KeyedMutex,
  KeyedSemaphore,
  type Limit,
  limit,
  lock,
  Mutex,
  type Permit,
  RwLock,
  Semaphore,
  type WaitOptions,
  WorkQueue,
} from "corral";
import { deferred } from "../support/deferred.ts";
import { type Line, plain, plus, type WaitingMethod } from "./line.ts";

type Run = (fn: () => unknown, options: WaitOptions | undefined) => Promise<unknown>;

/** What one at a time can have. */
interface Exclusive {
  readonly acquire?: (options: WaitOptions | undefined) => Promise<Permit>;
  readonly run: Run;
  /** Takes it at once. */
  readonly hold: () => Permit | undefined;
  /** Not for what several have at the same time. */
  readonly free?: () => number;
  readonly waiting: () => number;
  readonly clause?: () => Clause<Permit>;
}

/** A line of those who want a permit. It is held; waking is releasing it. */
function toAcquire({ acquire, hold, free, waiting, clause }: Exclusive): Line {
  const held = [hold()!];
  return plain(acquire!, {
    wake: () => held.shift()?.release(),
    keep: (permit) => void held.push(permit as Permit),
    free,
    waiting,
    clause,
  });
}

/** A line of those who want to run a function, which holds its place until the next is woken. */
function toRun({ run, hold, free, waiting }: Exclusive): Line {
  const permit = hold()!;
  const held = [() => permit.release()];
  return {
    call: (options, enter) =>
      run(() => {
        enter?.();
        const gate = deferred();
        held.push(gate.resolve);
        return gate.promise;
      }, options),
    wake: () => held.shift()?.(),
    free,
    waiting,
  };
}

function semaphore(weight: number | undefined): Exclusive {
  const permits = weight ?? 1;
  const it = new Semaphore(permits);
  const more = weight === undefined ? {} : { weight };
  return {
    acquire: (options) => it.acquire(plus(options, more)),
    run: (fn, options) => it.run(fn, plus(options, more)),
    hold: () => it.tryAcquire(more),
    free: () => it.available / permits,
    waiting: () => it.waiting,
    clause: () => lock(it, more),
  };
}

function mutex(): Exclusive {
  const it = new Mutex();
  return {
    acquire: (options) => it.acquire(options),
    run: (fn, options) => it.run(fn, options),
    hold: () => it.tryAcquire(),
    free: () => (it.locked ? 0 : 1),
    waiting: () => it.waiting,
    clause: () => lock(it),
  };
}

function condition(): Exclusive {
  const it = new Condition();
  return {
    run: (fn, options) => it.run(fn, options),
    hold: () => it.mutex.tryAcquire(),
    free: () => (it.mutex.locked ? 0 : 1),
    waiting: () => it.mutex.waiting,
  };
}

function writing(): Exclusive {
  const it = new RwLock();
  return {
    acquire: (options) => it.write.acquire(options),
    run: (fn, options) => it.write.run(fn, options),
    hold: () => it.write.tryAcquire(),
    free: () => (it.stats().writing ? 0 : 1),
    waiting: () => it.stats().waiting,
    clause: () => lock(it.write),
  };
}

function reading(): Exclusive {
  const it = new RwLock();
  return {
    acquire: (options) => it.read.acquire(options),
    run: (fn, options) => it.read.run(fn, options),
    hold: () => it.write.tryAcquire(),
    waiting: () => it.stats().waiting,
    clause: () => lock(it.read),
  };
}

function limiter(): Exclusive {
  const it = new CapacityLimiter(1);
  return {
    acquire: (options) => it.acquire(plus(options, { key: {} })),
    run: (fn, options) => it.run(fn, plus(options, { key: {} })),
    hold: () => it.tryAcquire({ key: {} }),
    free: () => it.available,
    waiting: () => it.waiting,
    clause: () => lock(it, { key: {} }),
  };
}

function keyed(it: KeyedMutex<string> | KeyedSemaphore<string>): Exclusive {
  return {
    acquire: (options) => it.acquire("key", options),
    run: (fn, options) => it.run("key", fn, options),
    hold: () => it.tryAcquire("key"),
    free: () => 1 - it.stats().held,
    waiting: () => it.stats().waiting,
  };
}

/** A limit of calls: there is no permit, so a call holds the places, and another gives them. */
function calls(weight: number, wake: (it: Limit, end: () => void) => void): Line {
  const it = limit(weight);
  const held: (() => void)[] = [];
  const call = (options?: WaitOptions, enter?: () => void): Promise<unknown> =>
    it(
      () => {
        enter?.();
        const gate = deferred();
        held.push(gate.resolve);
        return gate.promise;
      },
      plus(options, { weight }),
    );
  void call();
  return {
    call,
    wake: () => wake(it, () => held.shift()?.()),
    waiting: () => it.pending,
    free: () => (it.concurrency - it.active) / weight,
  };
}

/** An adaptive limit that stays as it is. */
function adaptive(): Line {
  const it = new AdaptiveLimit({
    initial: 1,
    algorithm: { update: (sample) => sample.limit },
  });
  const held: (() => void)[] = [];
  const call = (options?: WaitOptions, enter?: () => void): Promise<unknown> =>
    it.run(() => {
      enter?.();
      const gate = deferred();
      held.push(gate.resolve);
      return gate.promise;
    }, options);
  void call();
  return {
    call,
    wake: () => held.shift()?.(),
    waiting: () => it.pending,
    free: () => it.concurrency - it.active,
  };
}

/** A line of jobs, each of which holds the place of a queue until the next is woken. */
function jobs(wake: (it: WorkQueue, end: () => void) => void): Line {
  const it = new WorkQueue({ concurrency: 1 });
  const held: (() => void)[] = [];
  let closed = false;
  const call: Line["call"] = (options, enter) =>
    it.add(() => {
      enter?.();
      if (closed) return undefined;
      const gate = deferred();
      held.push(gate.resolve);
      return gate.promise;
    }, options);
  void call();
  return {
    call,
    wake: () => wake(it, () => held.shift()?.()),
    waiting: () => it.size,
    free: () => it.concurrency - it.active,
    // A job that is cancelled and never ends would be reported a second later, in the midst of another file.
    close: () => {
      closed = true;
      for (const end of held) end();
    },
  };
}

/** A limit by key: what is short are the places of the key, or those of all keys. */
function callsByKey(by: "key" | "total"): Line {
  const it = keyedLimit<number>(1, { total: by === "key" ? Infinity : 1 });
  const held: (() => void)[] = [];
  let count = 0;
  const call = (options?: WaitOptions, enter?: () => void): Promise<unknown> =>
    it.run(
      by === "key" ? 0 : count++,
      () => {
        enter?.();
        const gate = deferred();
        held.push(gate.resolve);
        return gate.promise;
      },
      options,
    );
  void call();
  return {
    call,
    wake: () => held.shift()?.(),
    waiting: () => it.pending,
    free: () => 1 - it.active,
  };
}

/** A limit by key whose total is raised. */
function callsOfMore(): Line {
  const it = keyedLimit<number>(1, { total: 1 });
  let count = 0;
  const call = (options?: WaitOptions, enter?: () => void): Promise<unknown> =>
    it.run(
      count++,
      () => {
        enter?.();
        return deferred().promise;
      },
      options,
    );
  void call();
  return {
    call,
    wake: () => void it.total++,
    waiting: () => it.pending,
    free: () => it.total - it.active,
  };
}

const exclusives: [string, string | undefined, () => Exclusive][] = [
  ["Semaphore", undefined, () => semaphore(undefined)],
  ["Semaphore", "by weight", () => semaphore(3)],
  ["Mutex", undefined, mutex],
  ["RwLock.write", undefined, writing],
  ["RwLock.read", undefined, reading],
  ["CapacityLimiter", undefined, limiter],
  ["KeyedMutex", undefined, () => keyed(new KeyedMutex())],
  ["KeyedSemaphore", undefined, () => keyed(new KeyedSemaphore(1))],
  ["Condition", undefined, condition],
];

const limited = {
  gives: "unit",
  late: "returns",
  calls: true,
  listensOn: true,
} as const;

export const locks: readonly WaitingMethod[] = [
  ...exclusives.flatMap(([kind, variant, make]): WaitingMethod[] => {
    // All who read go on together.
    const gives = kind === "RwLock.read" ? "opening" : "unit";
    const run = `${kind}.run`;
    const acquire = `${kind}.acquire`;
    const methods: WaitingMethod[] = [
      { member: run, variant, gives, late: "returns", calls: true, open: () => toRun(make()) },
      { member: acquire, variant, gives, late: "keeps", open: () => toAcquire(make()) },
    ];
    return kind === "Condition" ? methods.slice(0, 1) : methods;
  }),
  { ...limited, member: "Limit()", wakesLater: true, open: () => calls(1, (_, end) => end()) },
  {
    ...limited,
    member: "Limit()",
    variant: "by weight",
    wakesLater: true,
    open: () => calls(3, (_, end) => end()),
  },
  {
    ...limited,
    member: "Limit()",
    variant: "when the limit is raised",
    open: () => calls(1, (it) => void it.concurrency++),
  },
  {
    ...limited,
    member: "WorkQueue.add",
    opensScope: true,
    wakesLater: true,
    open: () => jobs((_, end) => end()),
  },
  {
    ...limited,
    member: "WorkQueue.add",
    opensScope: true,
    variant: "when the concurrency is raised",
    open: () => jobs((it) => void it.concurrency++),
  },
  { ...limited, member: "AdaptiveLimit.run", wakesLater: true, open: () => adaptive() },
  {
    ...limited,
    member: "KeyedLimit.run",
    variant: "of one key",
    wakesLater: true,
    open: () => callsByKey("key"),
  },
  {
    ...limited,
    member: "KeyedLimit.run",
    variant: "of many keys",
    wakesLater: true,
    open: () => callsByKey("total"),
  },
  { ...limited, member: "KeyedLimit.run", variant: "when the total is raised", open: callsOfMore },
];
