/** Arguments that are refused, with the error that says so. */
export interface Refusal {
  readonly value: unknown;
  readonly error: Error;
}

const nothing = (): void => {};

function shown(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value);
  if (typeof value === "function") return "a function";
  return typeof value === "object" && value !== null ? "an object" : String(value);
}

function refusals(
  kind: typeof TypeError | typeof RangeError,
  action: string,
  name: string,
  what: string,
  values: unknown[],
): Refusal[] {
  return values.map((value) => ({
    value,
    error: new kind(`Cannot ${action}: "${name}" must be ${what}, received ${shown(value)}`),
  }));
}

/** What is no number, and what is none that can count something; `more` are others of those. */
function numbers(action: string, name: string, what: string, more: number[]): Refusal[] {
  const unfit = [-1, 1.5, Number.NaN, -Infinity, 2 ** 53, ...more];
  return [
    ...refusals(TypeError, action, name, what, ["1", true, {}, 1n, nothing]),
    ...refusals(RangeError, action, name, what, unfit),
  ];
}

export function amounts(action: string, name: string, more: number[] = []): Refusal[] {
  return numbers(action, name, "a non-negative integer", more);
}

export function counts(action: string, name: string, more: number[] = []): Refusal[] {
  return numbers(action, name, "a positive integer", [0, ...more]);
}

export function functions(action: string, name = "fn"): Refusal[] {
  return refusals(TypeError, action, name, "a function", [undefined, null, 5, {}, "text"]);
}

export function options(action: string): Refusal[] {
  const values = [null, 5, "text", nothing, new AbortController().signal];
  return refusals(TypeError, action, "options", "an object", values);
}

/** Options with a field that is refused. */
export function fields(name: string, of: Refusal[]): Refusal[] {
  return of.map(({ value, error }) => ({ value: { [name]: value }, error }));
}

export function names(action: string): Refusal[] {
  const values = [5, null, {}, Symbol.iterator, nothing];
  return fields("name", refusals(TypeError, action, "name", "a string", values));
}

function signals(): Refusal[] {
  const values = [null, {}, "text", new AbortController(), new EventTarget()];
  return fields("signal", refusals(TypeError, "wait", "signal", "an AbortSignal", values));
}

/** What everything that waits refuses. */
export function waiting(action: string): Refusal[] {
  return [...options(action), ...signals()];
}

/** The same, of what has to be told a key. */
export function waitingBy(key: unknown, action: string): Refusal[] {
  const keyed = signals().map(({ value, error }) => ({
    value: { ...(value as object), key },
    error,
  }));
  return [...options(action), ...keyed];
}

/** What everything that takes a weight, of 3 that there are, refuses. */
export function weights(action: string): Refusal[] {
  const heavy = new RangeError(`Cannot ${action}: "weight" must be at most 3, received 4`);
  return fields("weight", [...counts(action, "weight"), { value: 4, error: heavy }]);
}

export function others(action: string, name: string, what: string, values: unknown[]): Refusal[] {
  return refusals(TypeError, action, name, what, values);
}
