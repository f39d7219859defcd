/** A signal and what aborts it; with `first`, that is called before the library hears of it. */
export function aborter(first?: () => void): {
  readonly signal: AbortSignal;
  readonly abort: (reason: unknown) => void;
} {
  const controller = new AbortController();
  if (first !== undefined) controller.signal.addEventListener("abort", first);
  return { signal: controller.signal, abort: (reason) => controller.abort(reason) };
}
