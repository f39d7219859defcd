import { EventEmitter } from "node:events";
import { expectTypeOf, test } from "vitest";
import {
  after,
  AsyncEvent,
  CapacityLimiter,
  channel,
  type ChannelSlot,
  type ChannelStats,
  type Clause,
  fromEvents,
  fromReadableStream,
  join,
  lock,
  Mutex,
  type Permit,
  Queue,
  type QueueStats,
  type Receiver,
  recv,
  RwLock,
  safeChannel,
  type SafeChannel,
  select,
  type Selected,
  Semaphore,
  send,
  type Sender,
  type Task,
  toReadableStream,
  trySelect,
  when,
  type WritePermit,
} from "corral";

declare const sender: Sender<string>;
declare const receiver: Receiver<number>;
declare const task: Task<Date>;

test("channel() gives a tuple of its two ends", () => {
  expectTypeOf(channel<string>(1)).toEqualTypeOf<[Sender<string>, Receiver<string>]>();
  const [out, into] = channel<string | undefined>(0, {
    overflow: "wait",
    onUndelivered: (item) => expectTypeOf(item).toEqualTypeOf<string | undefined>(),
    name: "news",
  });
  expectTypeOf(out).toEqualTypeOf<Sender<string | undefined>>();
  expectTypeOf(into).toEqualTypeOf<Receiver<string | undefined>>();
});

test("the ends take and give items of the channel's type", () => {
  expectTypeOf(sender.send("a")).toEqualTypeOf<Promise<void>>();
  expectTypeOf(sender.trySend("a")).toEqualTypeOf<boolean>();
  expectTypeOf(sender.reserve()).toEqualTypeOf<Promise<ChannelSlot<string>>>();
  expectTypeOf(sender.tryReserve()).toEqualTypeOf<ChannelSlot<string> | undefined>();
  expectTypeOf(sender.clone()).toEqualTypeOf<Sender<string>>();
  expectTypeOf(sender.stats()).toEqualTypeOf<ChannelStats>();
  expectTypeOf(receiver.receive()).toEqualTypeOf<Promise<number>>();
  expectTypeOf(receiver.tryReceive()).toEqualTypeOf<{ readonly value: number } | undefined>();
  expectTypeOf(receiver.clone()).toEqualTypeOf<Receiver<number>>();
  expectTypeOf(receiver).toExtend<AsyncIterable<number>>();
  expectTypeOf(sender).toExtend<Disposable>();
  expectTypeOf(receiver).toExtend<Disposable>();
  // @ts-expect-error -- a string
  void sender.send(1);
  // @ts-expect-error -- a string
  sender.trySend(1);
  // @ts-expect-error -- a string
  sender.tryReserve()?.send(1);
  // @ts-expect-error -- the other end does that
  void sender.receive();
  // @ts-expect-error -- the other end does that
  void receiver.send(1);
});

test("channel() refuses wrong options", () => {
  // @ts-expect-error -- a capacity is required
  channel<string>();
  // @ts-expect-error -- a number
  channel<string>("1");
  // @ts-expect-error -- one of four words
  channel<string>(1, { overflow: "block" });
  // @ts-expect-error -- gets the item
  channel<string>(1, { onUndelivered: (item: number) => item });
  // @ts-expect-error -- no such option
  channel<string>(1, { onClose: () => {} });
});

test("a queue takes and gives items of its type", () => {
  const queue = new Queue<string>({ capacity: 1 });
  expectTypeOf(queue.put("a")).toEqualTypeOf<Promise<void>>();
  expectTypeOf(queue.get()).toEqualTypeOf<Promise<string>>();
  expectTypeOf(queue.tryGet()).toEqualTypeOf<{ readonly value: string } | undefined>();
  expectTypeOf(queue.join()).toEqualTypeOf<Promise<void>>();
  expectTypeOf(queue.stats()).toEqualTypeOf<QueueStats>();
  expectTypeOf(queue).toExtend<AsyncIterable<string>>();
  // @ts-expect-error -- a string
  void queue.put(1);
  // @ts-expect-error -- read only
  queue.size = 1;
});

test("the order of a queue is a word, or a comparison of its items", () => {
  void new Queue<string>({ capacity: 1, order: "lifo" });
  void new Queue<{ at: number }>({ capacity: 1, order: (a, b) => a.at - b.at });
  void new Queue<string>({ capacity: 1, order: undefined });
  // @ts-expect-error -- one of two words
  void new Queue<string>({ capacity: 1, order: "priority" });
  // @ts-expect-error -- compares items
  void new Queue<string>({ capacity: 1, order: (a: number, b: number) => a - b });
  // @ts-expect-error -- gives a number
  void new Queue<string>({ capacity: 1, order: (a, b) => a < b });
  // @ts-expect-error -- a capacity is required
  void new Queue<string>({ order: "fifo" });
});

test("select() gives a union that the key tells apart", async () => {
  const chosen = await select({
    a: recv(receiver),
    b: send(sender, "item"),
    c: after(10),
    d: join(task),
  });
  expectTypeOf(chosen).toEqualTypeOf<
    | { readonly key: "a"; readonly value: number }
    | { readonly key: "b"; readonly value: void }
    | { readonly key: "c"; readonly value: void }
    | { readonly key: "d"; readonly value: Date }
  >();
  if (chosen.key === "a") expectTypeOf(chosen.value).toEqualTypeOf<number>();
  else if (chosen.key === "d") expectTypeOf(chosen.value).toEqualTypeOf<Date>();
  else expectTypeOf(chosen.value).toEqualTypeOf<void>();
  // @ts-expect-error -- no such clause
  void (chosen.key === "e");
});

test("trySelect() gives the same, or undefined", () => {
  expectTypeOf(trySelect({ a: recv(receiver), b: send(sender, "item") })).toEqualTypeOf<
    | { readonly key: "a"; readonly value: number }
    | { readonly key: "b"; readonly value: void }
    | undefined
  >();
});

test("select() takes clauses that may be undefined, which change nothing in the result", async () => {
  const maybe = recv(receiver) as Clause<number> | undefined;
  const chosen = await select({ a: maybe, b: after(10) });
  if (chosen.key === "a") expectTypeOf(chosen.value).toEqualTypeOf<number>();
  expectTypeOf<Selected<{ a: Clause<number> | undefined }>>().toEqualTypeOf<{
    readonly key: "a";
    readonly value: number;
  }>();
  expectTypeOf<Selected<{ a?: Clause<number> }>>().toEqualTypeOf<{
    readonly key: "a";
    readonly value: number;
  }>();
});

test("select() takes clauses that are made in a loop", async () => {
  const clauses: Record<string, Clause<number>> = {};
  const chosen = await select(clauses, { biased: true, signal: undefined });
  expectTypeOf(chosen).toEqualTypeOf<{ readonly key: string; readonly value: number }>();
});

test("clauses say what they give", () => {
  expectTypeOf(recv(receiver)).toEqualTypeOf<Clause<number>>();
  expectTypeOf(recv(new Queue<string>({ capacity: 1 }))).toEqualTypeOf<Clause<string>>();
  expectTypeOf(send(sender, "item")).toEqualTypeOf<Clause<void>>();
  expectTypeOf(send(new Queue<string>({ capacity: 1 }), "a")).toEqualTypeOf<Clause<void>>();
  expectTypeOf(lock(new Semaphore(1), { weight: 1 })).toEqualTypeOf<Clause<Permit>>();
  expectTypeOf(lock(new CapacityLimiter(1), { key: 1 })).toEqualTypeOf<Clause<Permit>>();
  expectTypeOf(lock(new Mutex())).toEqualTypeOf<Clause<Permit>>();
  expectTypeOf(lock(new RwLock().write)).toEqualTypeOf<Clause<WritePermit>>();
  expectTypeOf(when(new AsyncEvent())).toEqualTypeOf<Clause<void>>();
});

test("select() and its clauses refuse what cannot be waited for", () => {
  // @ts-expect-error -- a string
  send(sender, 1);
  // @ts-expect-error -- the sending end
  recv(sender);
  // @ts-expect-error -- the receiving end
  send(receiver, 1);
  // @ts-expect-error -- a number
  after("10");
  // @ts-expect-error -- no weight of a mutex
  lock(new Mutex(), { weight: 2 });
  // @ts-expect-error -- no key of a semaphore
  lock(new Semaphore(1), { key: 1 });
  // @ts-expect-error -- a lock is no event
  when(new Mutex());
  // @ts-expect-error -- a promise is no clause
  void select({ a: Promise.resolve(1) });
  // @ts-expect-error -- no such option
  void select({ a: recv(receiver) }, { random: true });
});

test("safeChannel() gives what its generator yields", () => {
  const made = safeChannel(async function* (scope) {
    expectTypeOf(scope.cancelled).toEqualTypeOf<boolean>();
    yield 1;
  });
  expectTypeOf(made).toEqualTypeOf<SafeChannel<number>>();
  expectTypeOf(made).toExtend<AsyncIterable<number>>();
  expectTypeOf(made).toExtend<AsyncDisposable>();
  // @ts-expect-error -- gives nothing to iterate
  safeChannel(async () => 1);
});

test("streams and events have items of their own type", () => {
  expectTypeOf(fromReadableStream(new ReadableStream<string>())).toEqualTypeOf<Receiver<string>>();
  // @ts-expect-error -- a stream is read when there is room
  fromReadableStream(new ReadableStream<string>(), { capacity: 1, overflow: "dropOldest" });
  expectTypeOf(toReadableStream(receiver)).toEqualTypeOf<ReadableStream<number>>();
  const events = fromEvents<Event>(new EventTarget(), "tick", { capacity: 1 });
  expectTypeOf(events).toEqualTypeOf<Receiver<Event>>();
  const emitted = fromEvents<number>(new EventEmitter(), "tick", { capacity: 1 });
  expectTypeOf(emitted).toEqualTypeOf<Receiver<number>>();
  // @ts-expect-error -- an event cannot wait
  fromEvents<Event>(new EventTarget(), "tick", { capacity: 1, overflow: "wait" });
  // @ts-expect-error -- a capacity is required
  fromEvents<Event>(new EventTarget(), "tick", {});
});
