import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { now, type RateKind, RateLimiter, type RateReservation, timeout } from "corral";
import { withVirtualClock } from "corral/testing";
import { NaiveRate, type Rate, round } from "./naive-rate.ts";

const PER_MS = 100;
const kinds = ["bucket", "sliding", "spaced"] as const;

type Step =
  | { readonly do: "acquire"; readonly n: number }
  | { readonly do: "deadline"; readonly n: number; readonly inMs: number }
  | { readonly do: "try"; readonly n: number }
  | { readonly do: "reserve"; readonly n: number }
  | { readonly do: "abort"; readonly which: number }
  | { readonly do: "give back"; readonly which: number }
  | { readonly do: "advance"; readonly ms: number }
  | { readonly do: "pause"; readonly ms: number }
  | { readonly do: "configure"; readonly limit: number };

const limit = fc.constantFrom(1, 2, 4, 5, 10);
const n = fc.integer({ min: 1, max: 4 });
const which = fc.nat(20);

function doing<D extends Step["do"]>(it: D): fc.Arbitrary<D> {
  return fc.constant(it);
}

function steps(changing: boolean): fc.Arbitrary<Step[]> {
  const usual: fc.WeightedArbitrary<Step>[] = [
    { weight: 6, arbitrary: fc.record({ do: doing("acquire"), n }) },
    {
      weight: 3,
      arbitrary: fc.record({ do: doing("deadline"), n, inMs: fc.nat(400).map((ms) => ms + 0.37) }),
    },
    { weight: 2, arbitrary: fc.record({ do: doing("try"), n }) },
    { weight: 3, arbitrary: fc.record({ do: doing("reserve"), n }) },
    { weight: 3, arbitrary: fc.record({ do: doing("abort"), which }) },
    { weight: 2, arbitrary: fc.record({ do: doing("give back"), which }) },
    { weight: 4, arbitrary: fc.record({ do: doing("advance"), ms: fc.nat(150) }) },
  ];
  const changes: fc.WeightedArbitrary<Step>[] = [
    { weight: 1, arbitrary: fc.record({ do: doing("pause"), ms: fc.nat(150) }) },
    { weight: 1, arbitrary: fc.record({ do: doing("configure"), limit }) },
  ];
  return fc.array(fc.oneof(...usual, ...(changing ? changes : [])), { maxLength: 40, size: "max" });
}

interface Act {
  readonly time: number;
  readonly n: number;
}

interface Reserved {
  readonly id: number;
  readonly n: number;
  readonly at: number;
  readonly turn: RateReservation;
  given: boolean;
}

/** Does the same to the limiter and to the reference; gives who was let in, and when. */
function run(kind: RateKind, rate: Rate, of: readonly Step[]): Promise<Act[]> {
  return withVirtualClock(async (clock) => {
    const { burst, ...rest } = rate;
    const limiter = new RateLimiter({ ...rest, kind, ...(kind === "bucket" && { burst }) });
    const naive = new NaiveRate(kind, rate);
    const heard: string[] = [];
    const acts: Act[] = [];
    const callers: { readonly id: number; readonly controller: AbortController }[] = [];
    const reserved: Reserved[] = [];
    const listen = (id: number, many: number, promise: Promise<void>): void => {
      promise.then(
        () => {
          heard[id] = `in ${round(now())}`;
          acts.push({ time: now(), n: many });
        },
        (error: unknown) => {
          heard[id] = error === "aborted" ? "aborted" : (error as Error).name;
        },
      );
    };
    let count = 0;
    for (const each of of) {
      switch (each.do) {
        case "acquire": {
          const id = count++;
          const controller = new AbortController();
          callers.push({ id, controller });
          naive.acquire(id, each.n);
          listen(id, each.n, limiter.acquire(each.n, { signal: controller.signal }));
          break;
        }
        case "deadline": {
          const id = count++;
          naive.acquire(id, each.n, now() + each.inMs);
          const acquired = timeout(each.inMs, (scope) =>
            limiter.acquire(each.n, { signal: scope.signal }),
          );
          listen(id, each.n, acquired);
          break;
        }
        case "try": {
          const id = count++;
          naive.tryAcquire(id, each.n);
          try {
            heard[id] = limiter.tryAcquire(each.n) ? "now" : "not now";
          } catch (error) {
            heard[id] = (error as Error).name;
          }
          if (heard[id] === "now") acts.push({ time: now(), n: each.n });
          break;
        }
        case "reserve": {
          if (each.n > naive.most) break;
          const id = count++;
          const at = naive.reserve(id, each.n);
          const turn = limiter.reserve(each.n);
          expect(round(now() + turn.waitMs)).toBe(round(at));
          heard[id] = `reserved ${round(at)}`;
          reserved.push({ id, n: each.n, at, turn, given: false });
          break;
        }
        case "abort": {
          const caller = callers[each.which % callers.length];
          if (caller === undefined) break;
          naive.drop("aborted", ({ id }) => id === caller.id);
          caller.controller.abort("aborted");
          break;
        }
        case "give back": {
          const it = reserved[each.which % reserved.length];
          // Exactly in its time it may have been taken, or not.
          if (it === undefined || Math.abs(it.at - now()) < 1e-3) break;
          if (it.at > now()) {
            it.given = true;
            heard[it.id] = "given back";
            naive.drop("given back", ({ id }) => id === it.id);
          }
          it.turn.cancel();
          break;
        }
        case "advance":
          naive.advance(now() + each.ms);
          await clock.advance(each.ms);
          break;
        case "pause":
          naive.pauseUntil(now() + each.ms);
          limiter.pauseUntil(now() + each.ms);
          break;
        case "configure":
          naive.configure({ ...naive.rate, limit: each.limit });
          limiter.configure({ limit: each.limit });
          break;
      }
      await clock.runUntilIdle();
      expect(limiter.waiting).toBe(naive.line.filter(({ at }) => at === undefined).length);
    }
    // Whoever is left is served in the end.
    naive.advance(now() + 1e6);
    await clock.advance(1e6);
    expect(heard).toEqual(naive.outcomes);
    expect(limiter.stats()).toMatchObject({ waiting: 0, pausedMs: 0 });
    for (const { at, n: many, given } of reserved) if (!given) acts.push({ time: at, n: many });
    return acts.sort((a, b) => a.time - b.time);
  });
}

const rates = fc.record({
  limit,
  perMs: fc.constant(PER_MS),
  burst: fc.integer({ min: 1, max: 6 }),
});

describe.each(kinds)('a RateLimiter of kind "%s"', (kind) => {
  test("agrees with a naive one: who is let in and when, who is refused, what is promised", async () => {
    await fc.assert(
      fc.asyncProperty(rates, steps(true), async (rate, of) => void (await run(kind, rate, of))),
      { numRuns: 150 },
    );
  });
});

test("a RateLimiter lets in no more than the limit in any window, whoever gives up or gives back", async () => {
  await fc.assert(
    fc.asyncProperty(rates, steps(false), async (rate, of) => {
      const acts = await run("sliding", rate, of);
      for (const { time } of acts) {
        const within = acts.filter((act) => act.time >= time && act.time < time + PER_MS);
        expect(within.reduce((sum, act) => sum + act.n, 0)).toBeLessThanOrEqual(rate.limit);
      }
    }),
    { numRuns: 150 },
  );
});

test("a RateLimiter's bucket never gives out a token that has not flowed in", async () => {
  await fc.assert(
    fc.asyncProperty(rates, steps(false), async (rate, of) => {
      let [tokens, last] = [rate.burst, 0];
      for (const { time, n: many } of await run("bucket", rate, of)) {
        tokens = Math.min(rate.burst, tokens + ((time - last) * rate.limit) / PER_MS) - many;
        last = time;
        expect(tokens).toBeGreaterThanOrEqual(-1e-6);
      }
    }),
    { numRuns: 150 },
  );
});
