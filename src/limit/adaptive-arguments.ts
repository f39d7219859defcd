import { seen } from "../internal/arguments.ts";

/**
 * Checks a number that lies between two others, neither of them included.
 *
 * @throws {TypeError} If it is no number.
 * @throws {RangeError} If it lies elsewhere.
 */
export function checkBetween(
  action: string,
  name: string,
  value: unknown,
  low: number,
  high: number,
): void {
  const what = high === Infinity ? `above ${low} and finite` : `between ${low} and ${high}`;
  const message = `Cannot ${action}: "${name}" must be a number ${what}, received ${seen(value)}`;
  if (typeof value !== "number") throw new TypeError(message);
  if (!(value > low && value < high)) throw new RangeError(message);
}
