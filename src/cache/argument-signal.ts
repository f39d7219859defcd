import { isPlainObject } from "./plain-object.ts";

/** Tells by its shape, so that a signal of another realm is one, too. */
function isSignal(value: unknown): value is AbortSignal {
  return (
    typeof (value as AbortSignal | null | undefined)?.aborted === "boolean" &&
    typeof (value as AbortSignal).addEventListener === "function"
  );
}

/**
 * The signal among the arguments of a call. It has one place: the last argument is one, or is a plain
 * object whose property `signal` is one.
 */
export function signalIn(args: readonly unknown[]): AbortSignal | undefined {
  const last = args.at(-1);
  const signal = isPlainObject(last) && !isSignal(last) ? last["signal"] : last;
  return isSignal(signal) ? signal : undefined;
}

/**
 * The arguments with `signal` in that place; as they are if they do not have it. A property `signal` that
 * is `undefined` is the place, too. Nothing of the caller's is changed.
 *
 * Without a `signal`, the place is left out. A last argument that says nothing else is dropped, because
 * a call with a signal and one without ask for the same.
 */
export function withSignal(args: readonly unknown[], signal?: AbortSignal): readonly unknown[] {
  const last = args.at(-1);
  let instead: object | undefined = signal;
  if (!isSignal(last)) {
    if (!isPlainObject(last) || !("signal" in last)) return args;
    const { signal: own, ...others } = last;
    if (own !== undefined && !isSignal(own)) return args;
    if (signal !== undefined) instead = { ...others, signal };
    else if (Reflect.ownKeys(others).length > 0) instead = others;
  }
  const kept = args.slice(0, -1);
  return instead === undefined ? kept : [...kept, instead];
}
