// The work that is limited, mapped, spawned and timed out.
export const noop = async () => {};
export const micro = async () => {
  await undefined;
};
export const nextTurn = () => new Promise((resolve) => setImmediate(resolve));

/** The floor of limiters and maps: what one writes by hand, with no promise per task. */
export async function workerLoop(count, concurrency, fn) {
  let next = 0;
  const worker = async () => {
    while (next < count) {
      next++;
      await fn();
    }
  };
  await Promise.all(Array.from({ length: concurrency }, worker));
}
