import { describe, expect, test } from "vitest";
import { RateLimiter } from "corral";
import {
  amounts,
  counts,
  fields,
  functions,
  names,
  options,
  others,
  type Refusal,
  waiting,
} from "../sync/refusals.ts";

const ACQUIRE = "acquire from a rate limiter";
const CREATE = "create a rate limiter";
const CHANGE = "change a rate limiter";
const RUN = "run under a rate limiter";

/** As the values of `n`, of 3 that can be had. */
function numbers(action: string, name = "n"): Refusal[] {
  const error = new RangeError(`Cannot ${action}: "${name}" must be at most 3, received 4`);
  return [...counts(action, name, [Infinity]), { value: 4, error }];
}

function times(action: string, name: string): Refusal[] {
  const what = "a number of milliseconds";
  const not = `Cannot ${action}: "${name}" must be ${what}, received NaN`;
  return [
    ...others(action, name, what, ["1", {}, true]),
    { value: Number.NaN, error: new RangeError(not) },
  ];
}

function periods(action: string): Refusal[] {
  const out = [0, -1, Infinity].map((value) => ({
    value,
    error: new RangeError(
      `Cannot ${action}: "perMs" must be positive and finite, received ${value}`,
    ),
  }));
  return [...times(action, "perMs"), ...out];
}

const rates = (action: string): Refusal[] => [
  ...fields("limit", amounts(action, "limit")),
  ...fields("perMs", periods(action)),
  ...fields("burst", counts(action, "burst")),
];

const it = new RateLimiter({ limit: 3, perMs: 100 });
let called = false;
const fn = (): void => {
  called = true;
};

type Call = [name: string, call: (value: never) => unknown, refusals: Refusal[]];

const rejecting: Call[] = [
  ["acquire(n)", (value) => it.acquire(value), numbers(ACQUIRE)],
  ["acquire(1, options)", (value) => it.acquire(1, value), waiting(ACQUIRE)],
  ["run(fn)", (value) => it.run(value), functions(RUN)],
  [
    "run(fn, options)",
    (value) => it.run(fn, value),
    [...waiting(RUN), ...fields("weight", numbers(RUN, "weight"))],
  ],
];

const throwing: Call[] = [
  ["tryAcquire()", (value) => it.tryAcquire(value), numbers(ACQUIRE)],
  ["reserve()", (value) => it.reserve(value), numbers("reserve from a rate limiter")],
  [
    "configure()",
    (value) => it.configure(value),
    // What is absent or null stays as it is.
    [...options(CHANGE), ...rates(CHANGE)],
  ],
  ["pauseUntil()", (value) => it.pauseUntil(value), times("pause a rate limiter", "time")],
  [
    "observe()",
    (value) => it.observe(value),
    others("read a reply", "reply", "an object", [undefined, null, 5, "text"]),
  ],
  [
    "observe({}, options)",
    (value) => it.observe({}, value),
    [...options("observe a reply"), ...fields("maxMs", times("observe a reply", "maxMs"))],
  ],
  [
    "new RateLimiter()",
    (value: object) =>
      new RateLimiter(
        typeof value === "object" && value !== null && !("aborted" in value)
          ? { limit: 3, perMs: 100, ...value }
          : (value as never),
      ),
    [
      ...options(CREATE),
      ...names(CREATE),
      ...rates(CREATE),
      ...fields(
        "kind",
        others(CREATE, "kind", '"bucket", "sliding" or "spaced"', ["leaky", 5, null, {}]),
      ),
    ],
  ],
];

describe.each(rejecting)("%s", (_name, call, refusals) => {
  test.each(refusals)("rejects for $value", async ({ value, error }) => {
    const before = it.stats();
    await expect(call(value as never)).rejects.toThrow(error);
    expect(it.stats()).toEqual(before);
    expect(called).toBe(false);
  });
});

describe.each(throwing)("%s", (_name, call, refusals) => {
  test.each(refusals)("throws for $value", ({ value, error }) => {
    const before = it.stats();
    expect(() => call(value as never)).toThrow(error);
    expect(it.stats()).toEqual(before);
  });
});

test("a rate limiter needs a limit and a time", () => {
  for (const some of [undefined, {}, { limit: 1 }, { perMs: 1 }]) {
    expect(() => new RateLimiter(some as never)).toThrow(TypeError);
  }
});

test("a burst is refused where there is no bucket, also later", () => {
  for (const kind of ["sliding", "spaced"] as const) {
    const message = '"burst" must be absent unless "kind" is "bucket", received 5';
    expect(() => new RateLimiter({ limit: 1, perMs: 1, burst: 5, kind })).toThrow(
      new TypeError(`Cannot ${CREATE}: ${message}`),
    );
    const limiter = new RateLimiter({ limit: 1, perMs: 1, kind });
    expect(() => limiter.configure({ burst: 5 })).toThrow(
      new TypeError(`Cannot ${CHANGE}: ${message}`),
    );
  }
});

test("not even a rate limiter without a limit lets in infinitely many", () => {
  const unlimited = new RateLimiter({ limit: Infinity, perMs: 1 });
  const error = new RangeError(
    `Cannot ${ACQUIRE}: "n" must be a positive integer, received Infinity`,
  );
  expect(() => unlimited.tryAcquire(Infinity)).toThrow(error);
  expect(unlimited.tryAcquire(Number.MAX_SAFE_INTEGER)).toBe(true);
  unlimited.configure({ limit: 1 });
  expect(unlimited.stats().available).toBe(1);
});

test("a heavy caller is refused by what each kind can let in at once", () => {
  const rate = { limit: 3, perMs: 100 };
  expect(() => new RateLimiter({ ...rate, burst: 1 }).tryAcquire(2)).toThrow(/at most 1/);
  expect(new RateLimiter({ ...rate, burst: 9 }).tryAcquire(9)).toBe(true);
  for (const kind of ["sliding", "spaced"] as const) {
    const limiter = new RateLimiter({ ...rate, kind });
    expect(() => limiter.reserve(4)).toThrow(/at most 3/);
    expect(limiter.tryAcquire(3)).toBe(true);
  }
});

test("a rate limiter does not touch the options it is given", async () => {
  const limiter = new RateLimiter(Object.freeze({ limit: 3, perMs: 100 }));
  const { signal } = new AbortController();
  await limiter.acquire(1, Object.freeze({ signal }));
  await limiter.run(() => {}, Object.freeze({ signal, weight: 2 }));
  limiter.configure(Object.freeze({ limit: 5 }));
  expect(limiter.limit).toBe(5);
});
