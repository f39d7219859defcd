import { checkOptions, seen } from "../internal/arguments.ts";
import type { CancelScope } from "../cancel/scope.ts";
import type { WaitOptions } from "../cancel/sleep.ts";
import { Inlet, type Step } from "./inlet.ts";
import type { ItemStream } from "./outlet.ts";
import { Pipe } from "./pipe.ts";
import { type SourceItem, sourceOf, type StreamSource } from "./source.ts";

export interface ZipOptions extends WaitOptions {
  /** Whether sources of different lengths are an error. */
  strict?: boolean | undefined;
}

/** One item of each source. */
export type Zipped<S extends readonly StreamSource<unknown>[]> = {
  -readonly [K in keyof S]: SourceItem<S[K]>;
};

const ZIP = "zip";

/** Tells that a source has ended, so that the others need not be waited for. */
const SHORT = new Error("a source has ended");

async function readOne(
  inlet: Inlet<unknown>,
  scope: CancelScope,
  strict: boolean,
): Promise<Step<unknown>> {
  const step = await inlet.read(scope);
  if (step.done === true && !strict) throw SHORT;
  return step;
}

/** One item of each; `undefined` when nothing comes any more. */
async function readAll(
  inlets: readonly Inlet<unknown>[],
  scope: CancelScope,
  strict: boolean,
): Promise<unknown[] | undefined> {
  try {
    const steps = await Promise.all(inlets.map((inlet) => readOne(inlet, scope, strict)));
    const ended = steps.findIndex(({ done }) => done === true);
    const longer = steps.findIndex(({ done }) => done !== true);
    if (ended >= 0 && longer >= 0) {
      throw new RangeError(
        `Cannot ${ZIP}: expected sources of one length, received sources[${ended}] that ended before sources[${longer}]`,
      );
    }
    return ended < 0 ? steps.map(({ value }) => value) : undefined;
  } catch (error) {
    if (error === SHORT) return undefined;
    throw error;
  }
}

/**
 * Gives the items of several sources together: an array of the first of each, then of the second.
 *
 * The sources are read at the same time when somebody asks, and never ahead. It ends with the shortest:
 * what the others do is cut short, and they are closed and waited for; likewise when one fails. A reader
 * that is cancelled loses no item. It belongs to the scope in which it was made: leaving the loop, a
 * cancellation of that scope or of `signal` ends it in the same way. Of no sources it gives nothing.
 *
 * @throws {TypeError} If a source is none.
 * @throws {RangeError} From `next()`, if one source is shorter than another, with `strict`. As Python's `zip`.
 * @example
 * ```ts
 * import { zip } from "corral";
 *
 * async function* names() {
 *   yield "one";
 *   yield "two";
 * }
 * for await (const [n, name] of zip([[1, 2, 3], names()])) console.log(n, name);
 * // 1 one
 * // 2 two
 * ```
 */
export function zip<S extends readonly StreamSource<unknown>[]>(
  sources: readonly [...S],
  options?: ZipOptions,
): ItemStream<Zipped<S>> {
  checkOptions(ZIP, options);
  const { strict = false, signal } = options ?? {};
  if (typeof strict !== "boolean") {
    throw new TypeError(`Cannot ${ZIP}: "strict" must be a boolean, received ${seen(strict)}`);
  }
  if (!Array.isArray(sources)) {
    throw new TypeError(`Cannot ${ZIP}: "sources" must be an array, received ${seen(sources)}`);
  }
  const inlets = Array.from(
    sources as readonly StreamSource<unknown>[],
    (items, i) => new Inlet(sourceOf(ZIP, items, `sources[${i}]`)),
  );
  return new Pipe<Zipped<S>>(
    {
      name: ZIP,
      capacity: 0,
      inlets: new Set(inlets),
      run: async (sender, scope) => {
        while (inlets.length > 0) {
          const slot = await sender.reserve({ signal: scope.signal });
          try {
            const items = await readAll(inlets, scope, strict);
            if (items === undefined) return;
            slot.send({ value: items as Zipped<S>, done: false });
          } finally {
            slot.release();
          }
        }
      },
    },
    { signal },
  );
}
