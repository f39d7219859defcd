import { buffer, chunk, type ItemStream, merge, tee, type WaitOptions, zip } from "corral";
import { type Deferred, deferred } from "../support/deferred.ts";
import { type Line, plus, type WaitingMethod } from "./line.ts";

type Open = (
  source: AsyncIterable<number>,
  options: WaitOptions | undefined,
) => ItemStream<unknown>;

/** Each call waits for the first item of a stream of its own, and then leaves it. */
function streamsOf(open: Open): Line {
  const works: Deferred<number>[] = [];
  const left = (work: Deferred<number>): void => {
    const at = works.indexOf(work);
    if (at >= 0) works.splice(at, 1);
  };
  return {
    call: (options, enter) => {
      const work = deferred<number>();
      const source: AsyncIterable<number> = {
        [Symbol.asyncIterator]: () => ({
          next: async () => {
            works.push(work);
            const value = await work.promise;
            left(work);
            return { value, done: false };
          },
          return: async () => {
            left(work);
            return { value: undefined, done: true };
          },
        }),
      };
      const stream = open(source, options);
      const called = stream.next();
      if (enter !== undefined) void called.then(() => stream.return()).then(enter, () => {});
      return called;
    },
    wake: () => works[0]?.resolve(1),
    waiting: () => works.length,
  };
}

const all: readonly [name: string, open: Open][] = [
  ["buffer", (source, options) => buffer(source, 1, options)],
  ["chunk", (source, options) => chunk(source, plus(options, { size: 1 }))],
  ["merge", (source, options) => merge([source], options)],
  ["tee", (source, options) => tee(source, plus(options, { capacity: 1 }))[0]],
  ["zip", (source, options) => zip([source], options)],
];

export const streams: readonly WaitingMethod[] = all.map(([name, open]) => ({
  member: "ItemStream.next",
  variant: `of ${name}()`,
  gives: "own",
  late: "keeps",
  beginsLater: true,
  wakesLater: true,
  endsLater: true,
  listensOn: true,
  optionsOf: name,
  open: () => streamsOf(open),
}));
