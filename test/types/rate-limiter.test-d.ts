import type { IncomingMessage } from "node:http";
import { expectTypeOf, test } from "vitest";
import {
  type Coalesced,
  debounce,
  RateLimiter,
  type RateReservation,
  retryAfterMs,
  throttle,
} from "corral";

const limiter = new RateLimiter({ limit: 1, perMs: 1, burst: 2, kind: "bucket", name: "api" });
const { signal } = new AbortController();

test("a rate limiter lets in, and tells", () => {
  expectTypeOf(limiter.acquire()).toEqualTypeOf<Promise<void>>();
  expectTypeOf(limiter.acquire(2, { signal })).toEqualTypeOf<Promise<void>>();
  expectTypeOf(limiter.tryAcquire(2)).toEqualTypeOf<boolean>();
  expectTypeOf(limiter.reserve(2)).toEqualTypeOf<RateReservation>();
  expectTypeOf(limiter.reserve().waitMs).toEqualTypeOf<number>();
  expectTypeOf(limiter.run(() => 1)).toEqualTypeOf<Promise<number>>();
  expectTypeOf(limiter.run(async () => "a", { signal, weight: 2 })).toEqualTypeOf<
    Promise<string>
  >();
  expectTypeOf(limiter.stats().available).toEqualTypeOf<number>();
  limiter.configure({ limit: 2 });
  // @ts-expect-error -- by configure()
  limiter.limit = 2;
  // @ts-expect-error -- read only
  limiter.stats().waiting = 1;
});

test("observe() takes replies of fetch and of Node, and headers, and gives them back", async () => {
  const response = await fetch("https://example.com/");
  expectTypeOf(limiter.observe(response)).toEqualTypeOf<Response>();
  expectTypeOf(limiter.observe(response.headers, { maxMs: 1 })).toEqualTypeOf<Headers>();
  const message = undefined as unknown as IncomingMessage;
  limiter.observe(message);
  limiter.observe(message.headers);
  limiter.observe({ headers: { "retry-after": "5" }, status: 429 });
  expectTypeOf(retryAfterMs({ "retry-after": 5 })).toEqualTypeOf<number>();
  // @ts-expect-error -- no reply
  limiter.observe("429");
});

test("a rate limiter refuses wrong options", () => {
  // @ts-expect-error -- in what time?
  void new RateLimiter({ limit: 1 });
  // @ts-expect-error -- no such kind
  void new RateLimiter({ limit: 1, perMs: 1, kind: "leaky" });
  // @ts-expect-error -- the number comes first
  void limiter.acquire({ signal });
  // @ts-expect-error -- a promise is no function
  void limiter.run(Promise.resolve(1));
  // @ts-expect-error -- nothing is passed to it
  void limiter.run((n: number) => n);
  // @ts-expect-error -- a kind is for life
  limiter.configure({ kind: "sliding" });
});

test("debounce() and throttle() keep the parameters, and give a promise", () => {
  const save = debounce(async (text: string, times?: number) => text.length * (times ?? 1), 10, {
    signal,
  });
  expectTypeOf(save).toEqualTypeOf<Coalesced<[text: string, times?: number], number>>();
  expectTypeOf(save("a", 2)).toEqualTypeOf<Promise<number>>();
  expectTypeOf(save.flush()).toEqualTypeOf<Promise<number> | undefined>();
  expectTypeOf(save.pending).toEqualTypeOf<number>();
  const report = throttle((done: number) => `${done} %`, 10, { leading: false });
  expectTypeOf(report).toEqualTypeOf<Coalesced<[done: number], string>>();
  // @ts-expect-error -- a number
  void report("1");
  // @ts-expect-error -- read only
  save.pending = 1;
  // @ts-expect-error -- not of a debounce
  debounce(() => {}, 10, { trailing: false });
});
