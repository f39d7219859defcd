/**
 * Checks of what callers hand in. All messages follow one grammar: the action, a colon, what was
 * expected, what was seen.
 */

/** Says what was seen, short enough for one line of an error message. */
export function seen(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value.slice(0, 40));
  if (typeof value === "function") return "a function";
  if (typeof value === "object" && value !== null) return "an object";
  return String(value);
}

/** @throws {TypeError} If `value` is not a function. */
export function checkFunction(action: string, name: string, value: unknown): void {
  if (typeof value !== "function") {
    throw new TypeError(
      `Cannot ${action}: "${name}" must be a function, received ${seen(value)}` +
        (isThenable(value) ? " (a promise has already started)" : ""),
    );
  }
}

/**
 * Accepts any number of milliseconds, also negative ones (already over) and `Infinity` (never).
 *
 * @throws {TypeError} If `value` is not a number.
 * @throws {RangeError} If `value` is NaN.
 */
export function checkMs(action: string, name: string, value: unknown): void {
  if (typeof value !== "number") {
    throw new TypeError(
      `Cannot ${action}: "${name}" must be a number of milliseconds, received ${seen(value)}`,
    );
  }
  if (Number.isNaN(value)) {
    throw new RangeError(
      `Cannot ${action}: "${name}" must be a number of milliseconds, received NaN`,
    );
  }
}

function notCount(
  action: string,
  name: string,
  value: unknown,
  what = "a positive integer",
): string {
  return `Cannot ${action}: "${name}" must be ${what}, received ${seen(value)}`;
}

/**
 * @throws {TypeError} If `value` is not a number.
 * @throws {RangeError} If it is not a positive integer (or `Infinity`).
 */
export function checkCount(action: string, name: string, value: unknown, what?: string): void {
  const message = notCount(action, name, value, what);
  if (typeof value !== "number") throw new TypeError(message);
  if (!(value >= 1) || (value !== Infinity && !Number.isSafeInteger(value))) {
    throw new RangeError(message);
  }
}

/**
 * Accepts no `Infinity`.
 *
 * @throws {TypeError} If `value` is not a number.
 * @throws {RangeError} If it is not a positive integer.
 */
export function checkInteger(action: string, name: string, value: unknown, what?: string): void {
  checkCount(action, name, value, what);
  if (value === Infinity) throw new RangeError(notCount(action, name, value, what));
}

/**
 * Accepts zero, too.
 *
 * @throws {TypeError} If `value` is not a number.
 * @throws {RangeError} If it is not a non-negative integer (or `Infinity`).
 */
export function checkAmount(action: string, name: string, value: unknown): void {
  if (value !== 0) checkCount(action, name, value, "a non-negative integer");
}

/** @throws {TypeError} If `value` is neither absent nor an object, or is a signal in its place. */
export function checkOptions(action: string, value: unknown): void {
  if (value !== undefined && (typeof value !== "object" || value === null || "aborted" in value)) {
    throw new TypeError(`Cannot ${action}: "options" must be an object, received ${seen(value)}`);
  }
}

/**
 * @returns Whether it is `true`.
 * @throws {TypeError} If it is neither a boolean nor absent.
 */
export function checkFlag(action: string, name: string, value: unknown): boolean {
  if (value !== undefined && typeof value !== "boolean") {
    throw new TypeError(`Cannot ${action}: "${name}" must be a boolean, received ${seen(value)}`);
  }
  return value === true;
}

/** @throws {TypeError} If `value` is not an iterable. */
export function checkIterable(action: string, name: string, value: unknown): void {
  if (typeof (value as Iterable<unknown> | null | undefined)?.[Symbol.iterator] !== "function") {
    throw new TypeError(`Cannot ${action}: "${name}" must be an iterable, received ${seen(value)}`);
  }
}

/** Tells whether `await` would call the value's `then`. */
export function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof (value as { then?: unknown } | null | undefined)?.then === "function";
}
