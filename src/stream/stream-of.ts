import { checkAmount, seen } from "../internal/arguments.ts";
import { checkSignal } from "../cancel/signal-hub.ts";
import { Each, type EachOptions, type ItemFunction } from "./each.ts";
import { MappedStream } from "./mapped-stream.ts";
import { sourceOf, type StreamSource } from "./source.ts";
import type { SupplyOptions } from "./supply.ts";

export interface StreamOptions<T = unknown> extends EachOptions<T> {
  /** Whether results come in the order of the items (the default), or as they are ready. */
  ordered?: boolean | undefined;
  /** How many items beyond `concurrency` may have begun whose results were not taken; 0 by default. */
  buffer?: number | undefined;
}

/** What a function that makes a stream is called. */
export interface StreamNames {
  readonly name: string;
  /** For errors: "Cannot …". */
  readonly action: string;
  /** What its function is called. */
  readonly argument: string;
}

/** Checks all arguments, and makes a stream of what `select` makes of each result. */
export function streamOf<T, R, V>(
  { name, action, argument }: StreamNames,
  items: StreamSource<T>,
  fn: ItemFunction<T, R>,
  options: StreamOptions<T>,
  rest: Pick<SupplyOptions<T, R, V>, "select" | "onDiscard">,
): MappedStream<V> {
  const each = new Each<T, R>(action, argument, fn, options);
  const { ordered = true, buffer = 0, signal } = options;
  checkAmount(action, "buffer", buffer);
  if (typeof ordered !== "boolean") {
    throw new TypeError(`Cannot ${action}: "ordered" must be a boolean, received ${seen(ordered)}`);
  }
  if (signal !== undefined) checkSignal(signal);
  const supply: SupplyOptions<T, R, V> = { ...rest, ordered, window: each.concurrency + buffer };
  return new MappedStream(name, sourceOf(action, items), each, signal, supply);
}
