import {
  CapacityLimiter,
  KeyedMutex,
  KeyedSemaphore,
  Mutex,
  type Permit,
  RwLock,
  Semaphore,
  type WaitOptions,
} from "corral";

/** What one caller at a time can hold, whatever it is called. */
export interface Exclusive {
  acquire(options?: WaitOptions): Promise<Permit>;
  tryAcquire(): Permit | undefined;
  run<T>(fn: () => T | PromiseLike<T>, options?: WaitOptions): Promise<T>;
  /** How many hold it, and how many wait in line. */
  figures(): [held: number, waiting: number];
}

function semaphore(): Exclusive {
  const lock = new Semaphore(1);
  return {
    acquire: (options) => lock.acquire(options),
    tryAcquire: () => lock.tryAcquire(),
    run: (fn, options) => lock.run(fn, options),
    figures: () => [1 - lock.available, lock.waiting],
  };
}

function heavy(): Exclusive {
  const lock = new Semaphore(3);
  return {
    acquire: (options) => lock.acquire({ signal: options?.signal, weight: 3 }),
    tryAcquire: () => lock.tryAcquire({ weight: 3 }),
    run: (fn, options) => lock.run(fn, { signal: options?.signal, weight: 3 }),
    figures: () => [(3 - lock.available) / 3, lock.waiting],
  };
}

function mutex(): Exclusive {
  const lock = new Mutex();
  return {
    acquire: (options) => lock.acquire(options),
    tryAcquire: () => lock.tryAcquire(),
    run: (fn, options) => lock.run(fn, options),
    figures: () => [lock.locked ? 1 : 0, lock.waiting],
  };
}

function writing(): Exclusive {
  const lock = new RwLock();
  return {
    acquire: (options) => lock.write.acquire(options),
    tryAcquire: () => lock.write.tryAcquire(),
    run: (fn, options) => lock.write.run(fn, options),
    figures: () => [lock.stats().writing ? 1 : 0, lock.stats().waiting],
  };
}

function limiter(): Exclusive {
  const lock = new CapacityLimiter(1);
  return {
    acquire: (options) => lock.acquire({ signal: options?.signal, key: {} }),
    tryAcquire: () => lock.tryAcquire({ key: {} }),
    run: (fn, options) => lock.run(fn, { signal: options?.signal, key: {} }),
    figures: () => [lock.stats().borrowed, lock.waiting],
  };
}

function keyedSemaphore(): Exclusive {
  const lock = new KeyedSemaphore<string>(1);
  return {
    acquire: (options) => lock.acquire("key", options),
    tryAcquire: () => lock.tryAcquire("key"),
    run: (fn, options) => lock.run("key", fn, options),
    figures: () => [lock.stats().held, lock.stats().waiting],
  };
}

function keyedMutex(): Exclusive {
  const lock = new KeyedMutex<string>();
  return {
    acquire: (options) => lock.acquire("key", options),
    tryAcquire: () => lock.tryAcquire("key"),
    run: (fn, options) => lock.run("key", fn, options),
    figures: () => [lock.stats().held, lock.stats().waiting],
  };
}

export const exclusives: [string, () => Exclusive][] = [
  ["Semaphore", semaphore],
  ["Semaphore by its whole weight", heavy],
  ["Mutex", mutex],
  ["RwLock.write", writing],
  ["CapacityLimiter", limiter],
  ["KeyedSemaphore", keyedSemaphore],
  ["KeyedMutex", keyedMutex],
];

/** Each of them, with and without the detection of deadlocks. */
export const modes: [string, boolean, () => Exclusive][] = [true, false].flatMap((detection) =>
  exclusives.map(([name, make]): [string, boolean, () => Exclusive] => [
    `${name}, ${detection ? "with" : "without"} the detection of deadlocks`,
    detection,
    make,
  ]),
);

/** Callers that note when they are let in or turned away, and keep their permits. */
export function callers(lock: Exclusive): {
  log: string[];
  call: (name: string, options?: WaitOptions) => Promise<void>;
  free: (name: string) => void;
} {
  const log: string[] = [];
  const permits = new Map<string, Permit>();
  const call = (name: string, options?: WaitOptions): Promise<void> =>
    lock.acquire(options).then(
      (permit) => {
        log.push(name);
        permits.set(name, permit);
      },
      (error: unknown) => void log.push(`${name}: ${String(error)}`),
    );
  return { log, call, free: (name) => permits.get(name)!.release() };
}
