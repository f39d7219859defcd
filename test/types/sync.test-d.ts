import { expectTypeOf, test } from "vitest";
import {
  AsyncEvent,
  Barrier,
  type BarrierStats,
  CapacityLimiter,
  type CapacityLimiterStats,
  Condition,
  type ConditionStats,
  type HeldCondition,
  type KeyedLockStats,
  KeyedMutex,
  KeyedSemaphore,
  Latch,
  type LatchStats,
  type Lock,
  Mutex,
  type MutexStats,
  type Permit,
  RwLock,
  type RwLockStats,
  Semaphore,
  type SemaphoreStats,
  setDeadlockDetection,
  type WritePermit,
} from "corral";

const semaphore = new Semaphore(2, { name: "name" });
const mutex = new Mutex();
const lock = new RwLock();
const limiter = new CapacityLimiter(2);
const keyed = new KeyedSemaphore<"a" | "b">(2);
const keyedMutex = new KeyedMutex<{ id: number }>();
const condition = new Condition(mutex);

// What a function may hold that passes its own optional parameters on.
declare const signal: AbortSignal | undefined;
declare const weight: number | undefined;
declare const name: string | undefined;
declare const key: { id: number };
declare const sometimes: () => number | Promise<string>;

test("acquire() gives a permit, tryAcquire() one or nothing", () => {
  expectTypeOf(semaphore.acquire()).toEqualTypeOf<Promise<Permit>>();
  expectTypeOf(semaphore.tryAcquire()).toEqualTypeOf<Permit | undefined>();
  expectTypeOf(mutex.acquire()).toEqualTypeOf<Promise<Permit>>();
  expectTypeOf(mutex.tryAcquire()).toEqualTypeOf<Permit | undefined>();
  expectTypeOf(limiter.acquire()).toEqualTypeOf<Promise<Permit>>();
  expectTypeOf(limiter.tryAcquire({ key: 1 })).toEqualTypeOf<Permit | undefined>();
  expectTypeOf(keyed.acquire("a")).toEqualTypeOf<Promise<Permit>>();
  expectTypeOf(keyed.tryAcquire("b")).toEqualTypeOf<Permit | undefined>();
  expectTypeOf(keyedMutex.acquire(key)).toEqualTypeOf<Promise<Permit>>();
  expectTypeOf(keyedMutex.tryAcquire(key)).toEqualTypeOf<Permit | undefined>();
  expectTypeOf(lock.read.acquire()).toEqualTypeOf<Promise<Permit>>();
  expectTypeOf(lock.write.acquire()).toEqualTypeOf<Promise<WritePermit>>();
  expectTypeOf(lock.write.tryAcquire()).toEqualTypeOf<WritePermit | undefined>();
});

test("a permit can be used, released and asked, and nothing else", () => {
  void (async () => {
    using permit = await mutex.acquire();
    expectTypeOf(permit.release()).toEqualTypeOf<void>();
    expectTypeOf(permit.released).toEqualTypeOf<boolean>();
    expectTypeOf(permit.weight).toEqualTypeOf<number>();
    expectTypeOf(permit).toExtend<Disposable>();
    // @ts-expect-error -- read only
    permit.released = true;
    // @ts-expect-error -- read only
    permit.weight = 2;
    // @ts-expect-error -- no async disposal
    void permit[Symbol.asyncDispose];
    // @ts-expect-error -- only what writes can be downgraded
    permit.downgrade();
  });
});

test("only a permit to write can be downgraded, to one to read", () => {
  void (async () => {
    const writing = await lock.write.acquire();
    expectTypeOf(writing.downgrade()).toEqualTypeOf<Permit>();
    expectTypeOf(writing).toExtend<Permit>();
    // @ts-expect-error -- a permit to read
    (await lock.read.acquire()).downgrade();
    // @ts-expect-error -- already downgraded
    writing.downgrade().downgrade();
  });
});

test("run() gives what its function gives", () => {
  expectTypeOf(semaphore.run(() => 1)).toEqualTypeOf<Promise<number>>();
  expectTypeOf(semaphore.run(async () => "a")).toEqualTypeOf<Promise<string>>();
  expectTypeOf(mutex.run(async () => {})).toEqualTypeOf<Promise<void>>();
  expectTypeOf(mutex.run<1 | 2>(() => 1)).toEqualTypeOf<Promise<1 | 2>>();
  expectTypeOf(lock.read.run(() => [1])).toEqualTypeOf<Promise<number[]>>();
  expectTypeOf(lock.write.run(async () => null)).toEqualTypeOf<Promise<null>>();
  expectTypeOf(limiter.run(() => 1, { key })).toEqualTypeOf<Promise<number>>();
  expectTypeOf(keyed.run("a", async () => true)).toEqualTypeOf<Promise<boolean>>();
  expectTypeOf(keyedMutex.run(key, () => key.id)).toEqualTypeOf<Promise<number>>();
  expectTypeOf(condition.run(() => 1)).toEqualTypeOf<Promise<number>>();
  expectTypeOf(mutex.run<number | string>(sometimes)).toEqualTypeOf<Promise<number | string>>();
});

test("run() refuses promises, and functions with parameters", () => {
  // @ts-expect-error -- a promise is no function
  void semaphore.run(Promise.resolve(1));
  // @ts-expect-error -- nothing is passed to it
  void mutex.run((n: number) => n);
  // @ts-expect-error -- nothing is passed to it
  void keyed.run("a", (permit: Permit) => permit);
  // @ts-expect-error -- a function is required
  void lock.read.run();
  // @ts-expect-error -- no such parameter
  void condition.run((n: number) => n);
});

test("run() of a condition passes the proof, by which it waits and notifies", () => {
  void condition.run(async (held) => {
    expectTypeOf(held).toEqualTypeOf<HeldCondition>();
    expectTypeOf(held.wait({ signal })).toEqualTypeOf<Promise<void>>();
    expectTypeOf(held.waitFor(() => name)).toEqualTypeOf<Promise<string | undefined>>();
    expectTypeOf(held.notify()).toEqualTypeOf<void>();
    held.notify(2);
    held.notifyAll();
    // @ts-expect-error -- a number
    held.notify("2");
    // @ts-expect-error -- only through run()
    void condition.wait();
  });
});

test("options that may be absent can be passed on", () => {
  void (() => [
    semaphore.acquire({ signal, weight }),
    semaphore.tryAcquire({ weight }),
    semaphore.run(() => 1, { signal, weight }),
    mutex.acquire({ signal }),
    mutex.run(() => 1, { signal }),
    lock.read.acquire({ signal }),
    lock.write.run(() => 1, { signal }),
    limiter.acquire({ signal, key: undefined }),
    limiter.run(() => 1, { signal, key }),
    keyed.acquire("a", { signal, weight }),
    keyed.run("a", () => 1, { signal, weight }),
    keyedMutex.run(key, () => 1, { signal }),
    condition.run(() => 1, { signal }),
    new AsyncEvent({ name }).wait({ signal }),
    new Latch(1, { name }).wait({ signal }),
    new Barrier(1, { name }).wait({ signal }),
    new Semaphore(1, { name }),
    new Mutex({ name }),
    new RwLock({ name }),
    new CapacityLimiter(1, { name }),
    new KeyedMutex({ name }),
    new KeyedSemaphore(1, { name }),
    new Condition(undefined, { name }),
  ]);
});

test("options that do not exist, or are of a wrong type, are refused", () => {
  void (() => [
    // @ts-expect-error -- not a number
    semaphore.acquire({ weight: "1" }),
    // @ts-expect-error -- a wait has a signal, this one does not wait
    semaphore.tryAcquire({ signal }),
    // @ts-expect-error -- a mutex has no weights
    mutex.acquire({ weight: 1 }),
    // @ts-expect-error -- a mutex has no weights
    mutex.run(() => 1, { weight: 1 }),
    // @ts-expect-error -- it takes nothing
    mutex.tryAcquire({ signal }),
    // @ts-expect-error -- a mutex by key has no weights
    keyedMutex.run(key, () => 1, { weight: 1 }),
    // @ts-expect-error -- a borrower has one permit
    limiter.acquire({ weight: 2 }),
    // @ts-expect-error -- a controller is no signal
    mutex.acquire({ signal: new AbortController() }),
    // @ts-expect-error -- options are an object
    mutex.acquire(new AbortController().signal.reason as string),
    // @ts-expect-error -- no such option
    new Mutex({ fair: true }),
    // @ts-expect-error -- a string
    new Mutex({ name: 1 }),
  ]);
});

test("constructors take what they need, and no less", () => {
  void (() => [
    // @ts-expect-error -- a number is required
    new Semaphore(),
    // @ts-expect-error -- a number
    new Semaphore("2"),
    // @ts-expect-error -- a number is required
    new CapacityLimiter(),
    // @ts-expect-error -- a number is required
    new Barrier(),
    // @ts-expect-error -- a number is required
    new Latch(),
    // @ts-expect-error -- a mutex
    new Condition(new Semaphore(1)),
    // @ts-expect-error -- a mutex holds all of its lock
    new Condition(lock.write),
    // @ts-expect-error -- a boolean
    setDeadlockDetection("on"),
  ]);
});

test("keys are of the type they were declared with", () => {
  void (() => [
    // @ts-expect-error -- no such key
    keyed.acquire("c"),
    // @ts-expect-error -- no such key
    keyedMutex.run("a", () => 1),
    // @ts-expect-error -- a key is required
    keyed.tryAcquire(),
  ]);
  expectTypeOf(keyed.has).parameters.toEqualTypeOf<["a" | "b"]>();
});

test("figures are read only", () => {
  expectTypeOf(semaphore.stats()).toEqualTypeOf<SemaphoreStats>();
  expectTypeOf(mutex.stats()).toEqualTypeOf<MutexStats>();
  expectTypeOf(lock.stats()).toEqualTypeOf<RwLockStats>();
  expectTypeOf(limiter.stats()).toEqualTypeOf<CapacityLimiterStats>();
  expectTypeOf(keyed.stats()).toEqualTypeOf<KeyedLockStats>();
  expectTypeOf(condition.stats()).toEqualTypeOf<ConditionStats>();
  expectTypeOf(new Barrier(1).stats()).toEqualTypeOf<BarrierStats>();
  expectTypeOf(new Latch(1).stats()).toEqualTypeOf<LatchStats>();
  expectTypeOf(new Barrier(1).wait()).toEqualTypeOf<Promise<number>>();
  expectTypeOf(new Latch(1).wait()).toEqualTypeOf<Promise<void>>();
  expectTypeOf(limiter.owners).toEqualTypeOf<readonly unknown[]>();
  limiter.total = 3;
  // @ts-expect-error -- changed by resize()
  semaphore.available = 3;
  // @ts-expect-error -- read only
  semaphore.stats().waiting = 3;
  // @ts-expect-error -- read only
  mutex.locked = true;
  // @ts-expect-error -- read only
  mutex.name = "name";
  // @ts-expect-error -- set by set()
  new AsyncEvent().isSet = true;
});

test("a mutex and both sides of a reader-writer lock are locks", () => {
  const sides: Lock[] = [mutex, lock.read, lock.write];
  expectTypeOf(sides[0]!.acquire()).toEqualTypeOf<Promise<Permit>>();
  // @ts-expect-error -- a semaphore has weights
  sides.push(semaphore);
  // @ts-expect-error -- neither can be used itself, only its permits
  using held = mutex;
  void held;
});
