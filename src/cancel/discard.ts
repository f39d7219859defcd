import { callback } from "./callback.ts";

interface Disposables {
  [Symbol.dispose]?: () => unknown;
  [Symbol.asyncDispose]?: () => unknown;
}

/** Hands a value that nobody gets to the user's callback; without one it is disposed, if it can be. */
export function discard<T>(
  name: string,
  value: T,
  onDiscard: ((value: T) => unknown) | undefined,
): void {
  if (onDiscard !== undefined) {
    callback(name, () => onDiscard(value));
  } else if (typeof value === "object" && value !== null) {
    const held = value as Disposables;
    try {
      const dispose = held[Symbol.asyncDispose] ?? held[Symbol.dispose];
      if (typeof dispose === "function") callback("dispose", () => dispose.call(held));
    } catch (error) {
      callback("dispose", () => {
        throw error;
      });
    }
  }
}
