import fc from "fast-check";
import { expect, test } from "vitest";
import { type CancelScope, mapStream, type OnError, sleep } from "corral";
import { withVirtualClock } from "corral/testing";
import { at } from "../support/mode.ts";
import { Counted, kinds } from "./counted.ts";

interface Run {
  /** What each item takes, and whether it fails then. */
  readonly items: readonly { readonly ms: number; readonly fails: boolean }[];
  readonly kind: number;
  readonly concurrency: number;
  readonly buffer: number;
  readonly ordered: boolean;
  readonly onError: OnError;
  /** How long the reader takes for each result. */
  readonly pauses: readonly number[];
  /** After how many results it leaves. */
  readonly leaves: number;
  /** Whether results come in spite of a cancellation. */
  readonly stubborn: boolean;
}

const ms = fc.integer({ min: 0, max: 6 });
const run: fc.Arbitrary<Run> = fc.record({
  items: fc.array(fc.record({ ms, fails: fc.integer({ min: 0, max: 5 }).map((n) => n === 0) }), {
    maxLength: 14,
  }),
  kind: fc.nat(1),
  concurrency: fc.integer({ min: 1, max: 4 }),
  buffer: fc.nat(3),
  ordered: fc.boolean(),
  onError: fc.constantFrom<OnError>("cancel", "skip", "collect"),
  pauses: fc.array(ms, { minLength: 1, maxLength: 4 }),
  leaves: fc.oneof(fc.constant(Infinity), fc.integer({ min: 1, max: 8 })),
  stubborn: fc.boolean(),
});

/** What has happened, in its order. */
class Story {
  readonly succeeded: number[] = [];
  readonly failed: number[] = [];
  /** What had succeeded when the first item failed. */
  before: readonly number[] | undefined = undefined;
  readonly given: number[] = [];
  readonly dropped: number[] = [];
  readonly skipped: number[] = [];
  begun = 0;
  ended = 0;
  asked = 0;
  error: unknown = undefined;
}

const failures = Array.from({ length: 14 }, (_, i) => new Error(`item ${i}`));

async function tell(it: Run, source: Counted, story: Story): Promise<void> {
  const call = async (item: number, _index: number, scope: CancelScope): Promise<number> => {
    const { ms: time, fails } = it.items[item]!;
    story.begun++;
    const window = it.concurrency + it.buffer;
    expect(story.begun - story.asked - story.failed.length).toBeLessThanOrEqual(window);
    expect(story.begun - story.ended).toBeLessThanOrEqual(it.concurrency);
    try {
      const waiting = sleep(time, at(scope));
      await (it.stubborn ? waiting.catch(() => {}) : waiting);
      if (fails && !scope.cancelled) {
        story.before ??= [...story.succeeded];
        story.failed.push(item);
        throw failures[item]!;
      }
      story.succeeded.push(item);
      return item;
    } finally {
      story.ended++;
    }
  };
  const { concurrency, buffer, ordered, onError } = it;
  const stream = mapStream(kinds[it.kind]![1](source), call, {
    concurrency,
    buffer,
    ordered,
    onError,
    onSkip: (_error, item) => story.skipped.push(item),
    onDiscard: (item) => story.dropped.push(item),
  });
  try {
    for (story.asked = 1; ; story.asked++) {
      const result = await stream.next();
      if (result.done === true) break;
      story.given.push(result.value);
      await sleep(it.pauses[story.asked % it.pauses.length]!);
      if (story.asked === it.leaves) break;
    }
  } catch (error) {
    story.error = error;
  }
  await stream.return().catch((error: unknown) => {
    story.error = error;
  });
}

/** What a reader gets that nothing holds up, by the story of the calls alone. */
function expected(it: Run, story: Story): number[] {
  const came = it.onError === "cancel" ? (story.before ?? story.succeeded) : story.succeeded;
  if (!it.ordered) return [...came];
  const ready: number[] = [];
  for (let item = 0; item < story.begun; item++) {
    if (came.includes(item)) ready.push(item);
    else if (it.onError === "cancel" || !story.failed.includes(item)) break;
  }
  return ready;
}

test("mapStream() agrees with the story of its calls", async () => {
  await fc.assert(
    fc.asyncProperty(run, async (it) => {
      await withVirtualClock(async () => {
        const source = new Counted(it.items.length);
        const story = new Story();
        await tell(it, source, story);
        const { given, dropped, begun } = story;

        // All has ended, and nothing begins any more.
        expect([story.ended, source.closed]).toEqual([begun, 1]);
        await sleep(20);
        expect(story.begun).toBe(begun);
        // An async source may have been asked for one that is not begun any more.
        expect(source.taken - begun).toBeLessThanOrEqual(it.kind);

        const left = given.length === it.leaves;
        const all = expected(it, story);
        expect(given).toEqual(left ? all.slice(0, it.leaves) : all);

        // Each result was given or dropped, once.
        const results = [...given, ...dropped].toSorted((a, b) => a - b);
        expect(results).toEqual(story.succeeded.toSorted((a, b) => a - b));

        expect(story.skipped).toEqual(it.onError === "skip" ? story.failed : []);
        if (it.onError === "skip" || story.failed.length === 0) {
          expect(story.error).toBe(undefined);
        } else if (it.onError === "collect") {
          const errors = story.failed.map((item) => failures[item]);
          expect((story.error as AggregateError).errors).toEqual(errors);
        } else {
          expect(story.error).toBe(failures[story.failed[0]!]);
        }
        if (!left && (it.onError !== "cancel" || story.failed.length === 0)) {
          expect(begun).toBe(it.items.length);
        }
      });
    }),
    { numRuns: 80 },
  );
}, 20_000);
