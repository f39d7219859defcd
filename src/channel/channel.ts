import { checkAmount, checkFunction, checkOptions, seen } from "../internal/arguments.ts";
import type { PrimitiveOptions } from "../sync/primitive.ts";
import { Conduit, type Overflow } from "./conduit.ts";
import { Receiver } from "./receiver.ts";
import { Sender } from "./sender.ts";

export interface ChannelOptions<T> extends PrimitiveOptions {
  /**
   * What `send()` does when the channel is full: `"wait"` (the default), drop the oldest item, or drop the
   * one that is sent. `"conflate"` keeps the newest item alone, and wants a capacity of 1.
   */
  overflow?: Overflow | undefined;
  /**
   * Gets each item that was sent and that nobody will receive, exactly once: dropped, left over when the
   * last receiving end has closed, or of a `send()` that was cancelled or rejected. What it throws is
   * reported.
   */
  onUndelivered?: ((item: T) => unknown) | undefined;
}

const OPEN = "open a channel";

/**
 * Opens a channel: a line of items with an end to send and an end to receive, each of which can be cloned
 * and closed by itself.
 *
 * Whoever waits is served in the order of the calls; nobody overtakes. A capacity of zero makes each
 * `send()` wait for somebody who receives (rendezvous). The rules are those of Trio's memory channels,
 * with `reserve()` as in tokio and the policies and `onUndelivered` as in Kotlin.
 *
 * @param capacity How many items it holds: a non-negative integer, or `Infinity`.
 * @throws {TypeError | RangeError} If `capacity` or an option is not what it should be.
 * @example
 * ```ts
 * import { channel, taskGroup } from "corral";
 *
 * const [sender, receiver] = channel<string>(8);
 * await taskGroup(async (group) => {
 *   group.spawn(async () => {
 *     using end = sender;
 *     await end.send("first");
 *     await end.send("second");
 *   });
 *   for await (const item of receiver) console.log(item);
 * });
 * // first
 * // second
 * ```
 */
export function channel<T>(
  capacity: number,
  options?: ChannelOptions<T>,
): [Sender<T>, Receiver<T>] {
  checkAmount(OPEN, "capacity", capacity);
  checkOptions(OPEN, options);
  const { overflow = "wait", onUndelivered, name } = options ?? {};
  if (!["wait", "dropOldest", "dropNewest", "conflate"].includes(overflow)) {
    throw new TypeError(
      `Cannot ${OPEN}: "overflow" must be "wait", "dropOldest", "dropNewest" or "conflate", received ${seen(overflow)}`,
    );
  }
  if (overflow === "conflate" ? capacity !== 1 : overflow !== "wait" && capacity === 0) {
    throw new RangeError(
      `Cannot ${OPEN}: "capacity" must be ${overflow === "conflate" ? "1" : "positive"} with ${seen(overflow)}, received ${seen(capacity)}`,
    );
  }
  if (onUndelivered !== undefined) checkFunction(OPEN, "onUndelivered", onUndelivered);
  const conduit = new Conduit(capacity, overflow, onUndelivered, name);
  return [new Sender(conduit), new Receiver(conduit)];
}
