import {
  CapacityLimiter,
  Condition,
  KeyedMutex,
  KeyedSemaphore,
  Mutex,
  type Permit,
  RwLock,
  Semaphore,
  type WaitOptions,
} from "corral";

/** What runs functions, one at a time or so many. */
export interface Section {
  run<T>(fn: () => T | PromiseLike<T>, options?: WaitOptions): Promise<T>;
  /** Takes all there is; `undefined` when it is held. */
  hold(): Permit | undefined;
  /** How many hold it, and how many wait. */
  figures(): [held: number, waiting: number];
}

function semaphore(): Section {
  const it = new Semaphore(1);
  return {
    run: (fn, options) => it.run(fn, options),
    hold: () => it.tryAcquire(),
    figures: () => [1 - it.available, it.waiting],
  };
}

function heavy(): Section {
  const it = new Semaphore(5);
  return {
    run: (fn, options) => it.run(fn, { ...options, weight: 5 }),
    hold: () => it.tryAcquire({ weight: 5 }),
    figures: () => [(5 - it.available) / 5, it.waiting],
  };
}

function mutex(): Section {
  const it = new Mutex();
  return {
    run: (fn, options) => it.run(fn, options),
    hold: () => it.tryAcquire(),
    figures: () => [it.locked ? 1 : 0, it.waiting],
  };
}

function condition(): Section {
  const it = new Condition();
  return {
    run: (fn, options) => it.run(fn, options),
    hold: () => it.mutex.tryAcquire(),
    figures: () => [it.mutex.locked ? 1 : 0, it.mutex.waiting],
  };
}

function writing(): Section {
  const it = new RwLock();
  return {
    run: (fn, options) => it.write.run(fn, options),
    hold: () => it.write.tryAcquire(),
    figures: () => [it.stats().writing ? 1 : 0, it.stats().waiting],
  };
}

function reading(): Section {
  const it = new RwLock();
  return {
    run: (fn, options) => it.read.run(fn, options),
    hold: () => it.write.tryAcquire(),
    figures: () => [it.stats().readers + (it.stats().writing ? 1 : 0), it.stats().waiting],
  };
}

function limiter(): Section {
  const it = new CapacityLimiter(1);
  return {
    run: (fn, options) => it.run(fn, { ...options, key: {} }),
    hold: () => it.tryAcquire({ key: {} }),
    figures: () => [it.stats().borrowed, it.waiting],
  };
}

function keyed(it: KeyedMutex<string> | KeyedSemaphore<string>): Section {
  return {
    run: (fn, options) => it.run("key", fn, options),
    hold: () => it.tryAcquire("key"),
    figures: () => [it.stats().held, it.stats().waiting],
  };
}

/** Everything that holds something while a function runs. */
export const sections: readonly (readonly [string, () => Section])[] = [
  ["Semaphore.run()", semaphore],
  ["Semaphore.run() by weight", heavy],
  ["Mutex.run()", mutex],
  ["Condition.run()", condition],
  ["RwLock.write.run()", writing],
  ["RwLock.read.run()", reading],
  ["CapacityLimiter.run()", limiter],
  ["KeyedMutex.run()", () => keyed(new KeyedMutex())],
  ["KeyedSemaphore.run()", () => keyed(new KeyedSemaphore(1))],
];

/** Ways to run a function in a section: at once, and after a wait. */
export const ways: readonly (readonly [string, (section: Section) => Section["run"]])[] = [
  ["", (section) => section.run],
  [
    ", after a wait",
    (section) => async (fn, options) => {
      const held = section.hold();
      const running = section.run(fn, options);
      held!.release();
      return running;
    },
  ],
];

/** Each section in each way. */
export const runs: readonly (readonly [
  string,
  () => Section,
  (section: Section) => Section["run"],
])[] = sections.flatMap(([name, make]) =>
  ways.map(([how, way]) => [name + how, make, way] as const),
);
