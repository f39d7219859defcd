import { runtime } from "../../src/internal/runtime.ts";

const sleep = globalThis.setTimeout;

/**
 * A turn of the event loop, by the way that the library takes itself: the messages of two channels come
 * in no order, and tests count on that of `setImmediate`.
 */
export function setImmediate(value) {
  return new Promise((resolve) => {
    runtime.later(() => resolve(value));
  });
}

export function setTimeout(ms, value) {
  return new Promise((resolve) => void sleep(() => resolve(value), ms));
}
