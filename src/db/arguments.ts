/** Checks of what callers hand in: the action, a colon, what was expected, what was seen. */

/** Says what was seen, short enough for one line of an error message. */
export function seen(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value.slice(0, 40));
  if (typeof value === "function") return "a function";
  if (Array.isArray(value)) return "an array";
  if (typeof value === "object" && value !== null) return "an object";
  return String(value);
}

/** @throws {TypeError} Always. */
export function misuse(action: string, name: string, expected: string, value: unknown): never {
  throw new TypeError(`Cannot ${action}: "${name}" must be ${expected}, received ${seen(value)}`);
}

/** @throws {TypeError} If `value` is not a function. */
export function checkFunction(action: string, name: string, value: unknown): void {
  if (typeof value !== "function") misuse(action, name, "a function", value);
}

/** @throws {TypeError} If `value` is neither absent nor an object, or is a signal in its place. */
export function checkOptions(action: string, value: unknown): void {
  if (value !== undefined && (typeof value !== "object" || value === null || "aborted" in value)) {
    misuse(action, "options", "an object", value);
  }
}

/** @throws {TypeError | RangeError} If `value` is neither absent nor a number of milliseconds. */
export function checkMs(action: string, name: string, value: unknown): void {
  if (value === undefined) return;
  if (typeof value !== "number") misuse(action, name, "a number of milliseconds", value);
  if (Number.isNaN(value)) {
    throw new RangeError(
      `Cannot ${action}: "${name}" must be a number of milliseconds, received NaN`,
    );
  }
}

/** @throws {TypeError | RangeError} If `value` is neither absent nor a finite number of milliseconds. */
export function checkFiniteMs(action: string, name: string, value: unknown): void {
  checkMs(action, name, value);
  if (value === Infinity) {
    throw new RangeError(`Cannot ${action}: "${name}" must be finite, received Infinity`);
  }
}

/** @throws {TypeError | RangeError} If `value` is neither absent nor a positive integer (or `Infinity`). */
export function checkCount(action: string, name: string, value: unknown): void {
  if (value === undefined || value === Infinity) return;
  if (typeof value !== "number") misuse(action, name, "a positive integer", value);
  if (!Number.isSafeInteger(value) || value < 1) {
    throw new RangeError(
      `Cannot ${action}: "${name}" must be a positive integer, received ${value}`,
    );
  }
}

/** @throws {TypeError} If `value` is neither absent nor one of `words`. */
export function checkWord(
  action: string,
  name: string,
  value: unknown,
  words: readonly string[],
): void {
  if (value === undefined || words.includes(value as string)) return;
  const list = words.map((word) => JSON.stringify(word));
  misuse(action, name, `${list.slice(0, -1).join(", ")} or ${list.at(-1)}`, value);
}
