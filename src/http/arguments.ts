/** Checks of what callers hand in, in the grammar of the library's messages. */

/** What errors say that was meant. */
export const CREATE = "create an HTTP pool";
export const REQUEST = "make a request";

/** Says what was seen, short enough for one line. */
function seen(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value.slice(0, 80));
  if (typeof value === "function") return "a function";
  if (typeof value === "object" && value !== null) return "an object";
  return String(value);
}

export function wrong(action: string, name: string, what: string, value: unknown): string {
  return `Cannot ${action}: "${name}" must be ${what}, received ${seen(value)}`;
}

/** @throws {TypeError} If `value` is neither absent nor an object. */
export function checkObject(action: string, name: string, value: unknown): void {
  if (value !== undefined && (typeof value !== "object" || value === null)) {
    throw new TypeError(wrong(action, name, "an object", value));
  }
}

/** @throws {TypeError} If `value` is neither absent nor a function. */
export function checkFunction(action: string, name: string, value: unknown): void {
  if (value !== undefined && typeof value !== "function") {
    throw new TypeError(wrong(action, name, "a function", value));
  }
}

/** @throws {TypeError} If `value` is neither absent nor a boolean. */
export function checkFlag(action: string, name: string, value: unknown): void {
  if (value !== undefined && typeof value !== "boolean") {
    throw new TypeError(wrong(action, name, "a boolean", value));
  }
}

/**
 * Accepts zero and `Infinity`.
 *
 * @throws {TypeError} If `value` is neither absent nor a number.
 * @throws {RangeError} If it is negative or NaN.
 */
export function checkMs(action: string, name: string, value: unknown): void {
  if (value === undefined) return;
  const message = wrong(action, name, "a number of milliseconds, not negative", value);
  if (typeof value !== "number") throw new TypeError(message);
  if (!(value >= 0)) throw new RangeError(message);
}

/**
 * Accepts `Infinity`.
 *
 * @param least 1 unless told.
 * @throws {TypeError} If `value` is neither absent nor a number.
 * @throws {RangeError} If it is no integer, or too small.
 */
export function checkCount(action: string, name: string, value: unknown, least = 1): void {
  if (value === undefined) return;
  const what = least === 0 ? "a non-negative integer" : "a positive integer";
  const message = wrong(action, name, what, value);
  if (typeof value !== "number") throw new TypeError(message);
  if (!(value >= least) || (value !== Infinity && !Number.isSafeInteger(value))) {
    throw new RangeError(message);
  }
}
