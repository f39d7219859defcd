/**
 * Reacts to what a function of the user has returned, as `await` would: a promise of the platform by the
 * platform's own `then`, whatever it carries under that name, anything else by a promise made of it.
 */
export function react<T, A, B>(
  result: T | PromiseLike<T>,
  onFulfilled: (value: T) => A | PromiseLike<A>,
  onRejected: (error: unknown) => B | PromiseLike<B>,
): Promise<A | B> {
  return Promise.prototype.then.call(
    Promise.resolve(result),
    onFulfilled as never,
    onRejected,
  ) as Promise<A | B>;
}
