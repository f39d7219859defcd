import { checkInteger, checkOptions } from "../internal/arguments.ts";
import type { WaitOptions } from "../cancel/sleep.ts";
import { Inlet } from "./inlet.ts";
import type { ItemStream } from "./outlet.ts";
import { Pipe } from "./pipe.ts";
import { sourceOf, type StreamSource } from "./source.ts";

const BUFFER = "buffer";

/**
 * Reads ahead: up to `size` items of the source are held while whoever reads is busy with another.
 *
 * The first call of `next()` begins it. The order is that of the source; a failure of the source comes
 * after the items before it. A reader that is cancelled loses no item: the next call gets it. It belongs
 * to the scope in which it was made. Leaving the loop, a cancellation of that scope or of `signal` cuts
 * short what is under way, closes the source and waits for that; items that are held are dropped, and a
 * failure that nobody was told is thrown. One that is left open in its scope is closed there and reported.
 *
 * @throws {TypeError | RangeError} If `size` is no positive integer, or `items` no source.
 * @example
 * ```ts
 * import { buffer, sleep } from "corral";
 *
 * async function* pages() {
 *   for (const page of ["one", "two"]) {
 *     await sleep(100); // the second one is on its way while the first is printed
 *     yield page;
 *   }
 * }
 * for await (const page of buffer(pages(), 8)) console.log(page);
 * // one
 * // two
 * ```
 */
export function buffer<T>(
  items: StreamSource<T>,
  size: number,
  options?: WaitOptions,
): ItemStream<T> {
  checkInteger(BUFFER, "size", size);
  checkOptions(BUFFER, options);
  const inlet = new Inlet(sourceOf(BUFFER, items));
  return new Pipe<T>(
    {
      name: BUFFER,
      capacity: size,
      inlets: new Set([inlet]),
      run: async (sender, scope) => {
        const { signal } = scope;
        for (;;) {
          const slot = sender.tryReserve() ?? (await sender.reserve({ signal }));
          try {
            const reading = inlet.read(scope);
            const step = reading instanceof Promise ? await reading : reading;
            if (step.done === true) return;
            slot.send(step);
          } finally {
            slot.release();
          }
        }
      },
    },
    options,
  );
}
