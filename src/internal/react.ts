/** Calls a function; what it throws at once is a rejection too, be it only when its promise is looked at. */
export function call<T>(fn: () => T | PromiseLike<T>): Promise<T> {
  try {
    return Promise.resolve(fn());
  } catch (error) {
    return Promise.reject(error);
  }
}

/**
 * Reacts to a promise as `await` would: one of the platform by the platform's own `then`, whatever it
 * carries under that name.
 */
export function react<T, A, B>(
  promise: Promise<T>,
  onFulfilled: (value: T) => A | PromiseLike<A>,
  onRejected: (error: unknown) => B | PromiseLike<B>,
): Promise<A | B> {
  return Promise.prototype.then.call(promise, onFulfilled as never, onRejected) as Promise<A | B>;
}

/** As {@link call}, with a promise that another one can be resolved with: it carries nothing of its own. */
export function callPlainly<T>(fn: () => T | PromiseLike<T>): Promise<T> {
  return react(
    call(fn),
    (value) => value,
    (error) => {
      throw error;
    },
  );
}
