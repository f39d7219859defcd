export { batch, type Batched, type BatchOptions } from "./cache/batch.ts";
export type { BatchStats } from "./cache/batch-loader.ts";
export {
  Broadcast,
  type BroadcastOptions,
  type BroadcastStats,
  type Subscription,
} from "./channel/broadcast.ts";
export { channel, type ChannelOptions } from "./channel/channel.ts";
export type { ChannelStats, Overflow } from "./channel/conduit.ts";
export {
  type EventEmitterLike,
  type EventSink,
  type EventTargetLike,
  fromEvents,
  type FromEventsOptions,
  toEvents,
} from "./channel/events.ts";
export { Queue, type QueueOptions, type QueueOrder, type QueueStats } from "./channel/queue.ts";
export type { Receiver } from "./channel/receiver.ts";
export { safeChannel, type SafeChannel } from "./channel/safe-channel.ts";
export {
  after,
  type Clauses,
  join,
  lock,
  recv,
  select,
  type Selected,
  type SelectOptions,
  send,
  trySelect,
  when,
} from "./channel/select.ts";
export type { ChannelSlot, Sender } from "./channel/sender.ts";
export { Watch, type WatchOptions, type WatchReader, type WatchStats } from "./channel/watch.ts";
export {
  fromReadableStream,
  type FromStreamOptions,
  type ReadableLike,
  toReadableStream,
} from "./channel/web-streams.ts";
export type { Clause } from "./cancel/clause.ts";
export { detached, setAmbient } from "./cancel/ambient.ts";
export { cancellable, type CancellableOptions } from "./cancel/cancellable.ts";
export { checkpoint, currentSignal } from "./cancel/checkpoint.ts";
export { now } from "./cancel/clock.ts";
export {
  CancelledError,
  ClosedError,
  DeadlockError,
  LaggedError,
  TimeoutError,
} from "./cancel/errors.ts";
export { setDeadlockDetection } from "./sync/detector.ts";
export { isCancellation } from "./cancel/ownership.ts";
export { CancelScope, type CancelScopeOptions } from "./cancel/scope.ts";
export type { RunOptions, WeightedRunOptions } from "./cancel/run-options.ts";
export { shield, type ShieldOptions } from "./cancel/shield.ts";
export { sleep, type WaitOptions } from "./cancel/sleep.ts";
export {
  moveOnAfter,
  type MoveOnOptions,
  timeout,
  timeoutAt,
  type TimeoutOptions,
} from "./cancel/timeout.ts";
export { waitTree } from "./cancel/wait-tree.ts";
export {
  keyed,
  type KeyAllowance,
  type KeyedLimit,
  type KeyedLimitStats,
  type KeyedOptions,
  type PerKey,
} from "./limit/keyed.ts";
export type { AdaptiveSample, Algorithm } from "./limit/adaptive-algorithm.ts";
export { aimd, type AimdOptions } from "./limit/adaptive-aimd.ts";
export { gradient, type GradientOptions } from "./limit/adaptive-gradient.ts";
export type { LatencyOptions } from "./limit/adaptive-latency.ts";
export { AdaptiveLimit, type AdaptiveLimitStats } from "./limit/adaptive-limit.ts";
export type { AdaptiveLag, AdaptiveLimitOptions } from "./limit/adaptive-options.ts";
export { vegas, type VegasOptions } from "./limit/adaptive-vegas.ts";
export { limit, type Limit, type LimitOptions, type LimitRunOptions } from "./limit/limit.ts";
export type { OnTimeout } from "./limit/limit-section.ts";
export type { Coalesced } from "./limit/coalesce.ts";
export { debounce, type DebounceOptions } from "./limit/debounce.ts";
export {
  type ObserveOptions,
  RateLimiter,
  type RateLimiterStats,
  type RateReservation,
  type RateRunOptions,
} from "./limit/rate-limiter.ts";
export type { RateChange, RateKind, RateLimiterOptions } from "./limit/rate-settings.ts";
export { type Reply, type ReplyHeaders, retryAfterMs } from "./limit/retry-after.ts";
export { QueueFullError } from "./limit/queue-full-error.ts";
export { throttle, type ThrottleOptions } from "./limit/throttle.ts";
export { WorkQueue, type WorkQueueStats } from "./limit/work-queue.ts";
export type { WorkInfo } from "./limit/work-queue-job.ts";
export type {
  ShutdownOptions,
  WorkOptions,
  WorkOverflow,
  WorkQueueOptions,
} from "./limit/work-queue-options.ts";
export { KeyedPool } from "./pool/keyed-pool.ts";
export type { Lease } from "./pool/lease.ts";
export { Pool } from "./pool/pool.ts";
export type { KeyedPoolStats, PoolStats } from "./pool/pool-counts.ts";
export type { DestroyReason, PoolEvent } from "./pool/pool-event.ts";
export type {
  KeyedPoolOptions,
  PoolAcquireOptions,
  PoolCloseOptions,
  PoolOptions,
  PoolSettings,
} from "./pool/pool-options.ts";
export { PoolTimeoutError } from "./pool/pool-timeout-error.ts";
export type { Attempt } from "./resilience/attempt.ts";
export {
  type Backoff,
  constant,
  exponential,
  type ExponentialOptions,
  type Jitter,
} from "./resilience/backoff.ts";
export type {
  BreakerOptions,
  CircuitBreakerOptions,
  CircuitState,
  ConsecutiveBreakerOptions,
  CountBreakerOptions,
  WindowBreakerOptions,
} from "./resilience/breaker-options.ts";
export {
  CircuitBreaker,
  type CircuitBreakerStats,
  type CircuitRunOptions,
} from "./resilience/circuit-breaker.ts";
export { CircuitOpenError } from "./resilience/circuit-open-error.ts";
export { fallback, type FallbackOptions } from "./resilience/fallback.ts";
export { hedge, type HedgeOptions } from "./resilience/hedge.ts";
export {
  RetryBudget,
  type RetryBudgetOptions,
  type RetryBudgetStats,
} from "./resilience/retry-budget.ts";
export { retry } from "./resilience/retry.ts";
export type { RetryNotice, RetryOptions } from "./resilience/retry-options.ts";
export { buffer } from "./stream/buffer.ts";
export { chunk, type ChunkOptions } from "./stream/chunk.ts";
export { merge, type MergeOptions } from "./stream/merge.ts";
export type { ItemStream } from "./stream/outlet.ts";
export type { SourceItem, StreamSource } from "./stream/source.ts";
export { type Branches, tee, type TeeOptions } from "./stream/tee.ts";
export { zip, type Zipped, type ZipOptions } from "./stream/zip.ts";
export {
  completed,
  type CompletedOptions,
  type Completion,
  type Work,
} from "./stream/completed.ts";
export type { EachOptions, OnError } from "./stream/each.ts";
export { filter, type FilterOptions } from "./stream/filter.ts";
export { forEach, type ForEachOptions } from "./stream/for-each.ts";
export { AsyncLru } from "./cache/async-lru.ts";
export type {
  AsyncLruOptions,
  AsyncLruStats,
  CacheDump,
  CacheEvent,
  LruSetOptions,
} from "./cache/async-lru-options.ts";
export type { CacheLease } from "./cache/cache-leases.ts";
export type { Keeping } from "./cache/cache-load.ts";
export type { Eviction, EvictionPolicy, Kept } from "./cache/eviction-policy.ts";
export { lru } from "./cache/policy-lru.ts";
export { s3Fifo } from "./cache/policy-s3-fifo.ts";
export type { CacheTier, TierValue } from "./cache/cache-tier.ts";
export type { LoadTimeStats } from "./cache/load-times.ts";
export type { DropReason, SetOptions } from "./cache/cache-store.ts";
export type { MemoCache, MemoCacheStats } from "./cache/memo-cache.ts";
export type { MemoCacheOptions } from "./cache/memo-options.ts";
export { memoize, type Memoized, type MemoizeOptions } from "./cache/memoize.ts";
export {
  memoized,
  memoizeMethod,
  type MemoizedMethod,
  type MemoizeMethodOptions,
} from "./cache/memoize-method.ts";
export {
  SingleFlight,
  type SingleFlightOptions,
  type SingleFlightStats,
} from "./cache/single-flight.ts";
export { map, type MapOptions } from "./stream/map.ts";
export { mapStream, type MapStreamOptions } from "./stream/map-stream.ts";
export type { MappedStream } from "./stream/mapped-stream.ts";
export type { StreamOptions } from "./stream/stream-of.ts";
export { Barrier, type BarrierStats } from "./sync/barrier.ts";
export {
  type BorrowOptions,
  CapacityLimiter,
  type CapacityLimiterStats,
  type TryBorrowOptions,
} from "./sync/capacity-limiter.ts";
export { Condition, type ConditionStats, type HeldCondition } from "./sync/condition.ts";
export { AsyncEvent, type AsyncEventStats } from "./sync/event.ts";
export { KeyedMutex, KeyedSemaphore, type KeyedLockStats } from "./sync/keyed-locks.ts";
export { Latch, type LatchStats } from "./sync/latch.ts";
export type { Lock } from "./sync/lock.ts";
export { Mutex, type MutexStats } from "./sync/mutex.ts";
export type { Permit } from "./sync/permit.ts";
export type { PrimitiveOptions } from "./sync/primitive.ts";
export { RwLock, type RwLockStats, type WritePermit } from "./sync/rw-lock.ts";
export {
  type AcquireOptions,
  Semaphore,
  type SemaphoreStats,
  type TryAcquireOptions,
} from "./sync/semaphore.ts";
export { failuresOf, type Throws } from "./task/failures.ts";
export type { FanOutOptions, Job } from "./task/fan-out.ts";
export {
  gather,
  type Gathered,
  type GatheredSettled,
  type GatherOptions,
  gatherSettled,
} from "./task/gather.ts";
export { main, type MainOptions } from "./task/main.ts";
export { any, race, type RaceOptions } from "./task/race.ts";
export type { StartOptions } from "./task/start.ts";
export type { SpawnOptions, TaskGroupOptions } from "./task/group-options.ts";
export { taskGroup, TaskGroup } from "./task/task-group.ts";
export { Task, type TaskStatus } from "./task/task.ts";
