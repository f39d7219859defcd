import { checkOptions, seen } from "../internal/arguments.ts";
import type { WaitOptions } from "../cancel/sleep.ts";
import { channel, type ChannelOptions } from "./channel.ts";
import { checkReceiver, type Receiver } from "./receiver.ts";

/** What events come from: the platform's targets. */
export interface EventTargetLike<E> {
  addEventListener(name: string, listener: (event: E) => void): void;
  removeEventListener(name: string, listener: (event: E) => void): void;
}

/** What events come from: Node's emitters, and those made after them. */
export interface EventEmitterLike {
  // oxlint-disable-next-line typescript/no-explicit-any -- what any emitter's own listeners take
  on(name: string, listener: (...args: any[]) => void): unknown;
  // oxlint-disable-next-line typescript/no-explicit-any -- see above
  off(name: string, listener: (...args: any[]) => void): unknown;
}

export interface FromEventsOptions<E> extends Omit<ChannelOptions<E>, "overflow"> {
  /** How many events are kept for whoever receives: a positive integer, or `Infinity`. */
  capacity: number;
  /** Which event goes when there is no room; the oldest by default. An event cannot wait. */
  overflow?: "dropOldest" | "dropNewest" | "conflate" | undefined;
}

const LISTEN = "listen to events";

function has(source: object | null, method: string): boolean {
  return typeof (source as Record<string, unknown> | null)?.[method] === "function";
}

/**
 * The events of a target as a channel. It listens from now on, until the last receiving end is closed. Of
 * an emitter's arguments the first one is the item.
 *
 * @throws {TypeError | RangeError} If `source` has no listeners, or an option is not what it should be.
 * @example
 * ```ts
 * import { fromEvents } from "corral";
 *
 * const target = new EventTarget();
 * using events = fromEvents<Event>(target, "tick", { capacity: 8 });
 * target.dispatchEvent(new Event("tick"));
 * console.log((await events.receive()).type); // tick
 * ```
 */
export function fromEvents<E>(
  source: EventTargetLike<E> | EventEmitterLike,
  name: string,
  options: FromEventsOptions<E>,
): Receiver<E> {
  checkOptions(LISTEN, options);
  const { overflow = "dropOldest", capacity } = options ?? {};
  if ((overflow as string) === "wait") {
    throw new RangeError(`Cannot ${LISTEN}: "overflow" must drop something, received "wait"`);
  }
  const isTarget = has(source, "addEventListener");
  if (!isTarget && !has(source, "on")) {
    throw new TypeError(
      `Cannot ${LISTEN}: "source" must be an EventTarget or an EventEmitter, received ${seen(source)}`,
    );
  }
  const [sender, receiver] = channel<E>(capacity, { ...options, overflow });
  const listener = (event: E): void => sender.push(event);
  if (isTarget) {
    const target = source as EventTargetLike<E>;
    target.addEventListener(name, listener);
    receiver.whenAbandoned(() => target.removeEventListener(name, listener));
  } else {
    const target = source as EventEmitterLike;
    target.on(name, listener);
    receiver.whenAbandoned(() => target.off(name, listener));
  }
  return receiver;
}

interface EventEmitterSink {
  emit(name: string, item: unknown): unknown;
}

interface EventTargetSink {
  dispatchEvent(event: Event): unknown;
}

/** Where items can go as events. */
export type EventSink = EventEmitterSink | EventTargetSink;

/**
 * Emits each item of a receiving end: on an emitter as the argument, on a target as the `detail` of a
 * CustomEvent. Resolves when the channel has ended.
 *
 * @throws What a listener of an emitter throws; what the channel has failed with.
 */
export async function toEvents<T>(
  receiver: Receiver<T>,
  sink: EventSink,
  name: string,
  options?: WaitOptions,
): Promise<void> {
  checkReceiver("send events", receiver);
  if (!has(sink, "emit") && !has(sink, "dispatchEvent")) {
    throw new TypeError(
      `Cannot send events: "sink" must be an EventTarget or an EventEmitter, received ${seen(sink)}`,
    );
  }
  for await (const item of receiver.values(options)) {
    if (has(sink, "emit")) (sink as EventEmitterSink).emit(name, item);
    else (sink as EventTargetSink).dispatchEvent(new CustomEvent(name, { detail: item }));
  }
}
