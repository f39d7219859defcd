import { expectTypeOf, test } from "vitest";
import {
  type CancelScope,
  type QueueFullError,
  RateLimiter,
  type WorkInfo,
  WorkQueue,
  type WorkQueueStats,
} from "corral";

const queue = new WorkQueue({ concurrency: 1 });
const { signal } = new AbortController();

test("a work queue takes its options", () => {
  void new WorkQueue({
    concurrency: Infinity,
    ageing: { everyMs: 100 },
    capacity: 10,
    overflow: "dropLowest",
    maxWaitMs: 1,
    timeoutMs: undefined,
    onTimeout: "release",
    rate: new RateLimiter({ limit: 1, perMs: 1 }),
    paused: true,
    name: "jobs",
  });
  // @ts-expect-error -- how many?
  void new WorkQueue({});
  // @ts-expect-error -- how many?
  void new WorkQueue();
  // @ts-expect-error -- no such policy
  void new WorkQueue({ concurrency: 1, overflow: "block" });
  // @ts-expect-error -- an object
  void new WorkQueue({ concurrency: 1, ageing: 100 });
});

test("add() gives what the function gives, and hands it a scope", () => {
  expectTypeOf(queue.add(() => 1)).toEqualTypeOf<Promise<number>>();
  expectTypeOf(queue.add(async () => "a", { priority: 1, signal })).toEqualTypeOf<
    Promise<string>
  >();
  void queue.add((scope) => expectTypeOf(scope).toEqualTypeOf<CancelScope>(), {
    timeoutMs: 1,
    maxWaitMs: undefined,
    name: "job",
  });
  // @ts-expect-error -- a promise is no function
  void queue.add(Promise.resolve(1));
  // @ts-expect-error -- a number
  void queue.add(() => 1, { priority: "high" });
  // @ts-expect-error -- a job has no weight
  void queue.add(() => 1, { weight: 2 });
});

test("a work queue tells, and cannot be written to", () => {
  expectTypeOf(queue.running()).toEqualTypeOf<readonly WorkInfo[]>();
  expectTypeOf(queue.waiting()).toEqualTypeOf<readonly WorkInfo[]>();
  expectTypeOf(queue.stats()).toEqualTypeOf<WorkQueueStats>();
  expectTypeOf(queue.isPaused).toEqualTypeOf<boolean>();
  queue.concurrency = 2;
  // @ts-expect-error -- by pause()
  queue.isPaused = true;
  // @ts-expect-error -- read only
  queue.size = 0;
  // @ts-expect-error -- read only
  queue.stats().active = 0;
});

test("what waits gives nothing", () => {
  expectTypeOf(queue.onIdle({ signal })).toEqualTypeOf<Promise<void>>();
  expectTypeOf(queue.onEmpty()).toEqualTypeOf<Promise<void>>();
  expectTypeOf(queue.onSizeLessThan(5, { signal })).toEqualTypeOf<Promise<void>>();
  expectTypeOf(queue.drain()).toEqualTypeOf<Promise<void>>();
  expectTypeOf(queue.shutdown({ graceMs: 1, reason: 5, signal })).toEqualTypeOf<Promise<void>>();
  expectTypeOf(queue).toExtend<AsyncDisposable>();
  expectTypeOf<QueueFullError["capacity"]>().toEqualTypeOf<number>();
  // @ts-expect-error -- for how long?
  void queue.shutdown();
  // @ts-expect-error -- how many?
  void queue.onSizeLessThan();
});
