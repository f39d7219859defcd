import { afterEach, describe, expect, test, vi } from "vitest";
import { retryAfterMs } from "corral";

const NOW = Date.UTC(1994, 10, 6, 8, 49, 37);
const IN_A_MINUTE = "Sun, 06 Nov 1994 08:50:37 GMT";

afterEach(() => {
  vi.restoreAllMocks();
});

/** Stops the wall clock. */
function wall(ms: number = NOW): void {
  vi.spyOn(Date, "now").mockReturnValue(ms);
}

describe("Retry-After", () => {
  test.each([
    ["0", 0],
    ["120", 120_000],
    [" 5 ", 5_000],
    ["1.5", 1_500],
    ["2147484", 2_147_484_000],
    ["", 0],
    ["soon", 0],
    ["-5", 0],
    ["1e3", 0],
    ["NaN", 0],
    ["Infinity", 0],
    // What the platform takes for a date, and what is none.
    ["error 2077", 0],
    ["1/1/2099", 0],
    ["Mon 2099", 0],
    ["9".repeat(20), 0],
    ["9".repeat(400), 0],
  ])("of %o seconds is %d ms", (text, ms) => {
    expect(retryAfterMs({ "retry-after": text })).toBe(ms);
  });

  test.each([
    [IN_A_MINUTE],
    ["Sunday, 06-Nov-94 08:50:37 GMT"],
    ["Sun Nov  6 08:50:37 1994"],
    ["1994-11-06T08:50:37Z"],
  ])("with the date %s is the time until then by the wall clock", (date) => {
    wall();
    expect(retryAfterMs({ "retry-after": date })).toBe(60_000);
  });

  test("with a date goes by the server's own clock where it tells it", () => {
    wall(NOW + 1e9);
    const headers = { "retry-after": IN_A_MINUTE, date: "Sun, 06 Nov 1994 08:49:37 GMT" };
    expect(retryAfterMs(headers)).toBe(60_000);
    expect(retryAfterMs({ ...headers, date: "yesterday" })).toBe(0);
  });

  test("with a date that has passed is 0", () => {
    wall(NOW + 60_001);
    expect(retryAfterMs({ "retry-after": IN_A_MINUTE })).toBe(0);
  });

  test("is for replies that say that something is wrong", () => {
    const headers = { "retry-after": "3" };
    const by = (status: number): number => retryAfterMs(new Response("", { status, headers }));
    expect([200, 202, 400, 403, 429, 503].map(by)).toEqual([0, 0, 3_000, 3_000, 3_000, 3_000]);
    expect(retryAfterMs({ headers, statusCode: 202 })).toBe(0);
    expect(retryAfterMs({ headers, statusCode: 503 })).toBe(3_000);
    expect(retryAfterMs({ headers })).toBe(3_000);
  });
});

describe("RateLimit", () => {
  test.each([
    ['"default";r=50;t=30', 0],
    ['"default";r=0;t=30', 30_000],
    ['"default"; r=0; t=30', 30_000],
    ['"default";t=30;r=0', 30_000],
    ['"default";r=0', 0],
    ['"burst";r=0;t=2, "day";r=10;t=80000', 2_000],
    ['"burst";r=0;t=2, "day";r=0;t=80000', 80_000_000],
    ['"a,b;r=0;t=9";r=1;t=30', 0],
    ['"default";r=0;t=30;pk=:cHNr:', 30_000],
    ["limit=100, remaining=0, reset=50", 50_000],
    ["limit=100, remaining=1, reset=50", 0],
    ["r", 0],
    [String.raw`"a\";r=0;t=9";r=1;t=30`, 0],
    ["remaining;r=1;t=30, other;r=0;t=9", 9_000],
    ['"default";r=-1;t=30', 0],
  ])("of %o asks for %d ms", (text, ms) => {
    expect(retryAfterMs({ ratelimit: text })).toBe(ms);
  });

  test("counts whatever the status", () => {
    const headers = { RateLimit: '"default";r=0;t=30' };
    expect(retryAfterMs(new Response("", { status: 200, headers }))).toBe(30_000);
  });

  test.each(["RateLimit", "X-RateLimit", "X-Rate-Limit"])("%s-Remaining and -Reset", (name) => {
    wall();
    const ms = (remaining: string | undefined, reset: string | undefined): number =>
      retryAfterMs({ [`${name}-Remaining`]: remaining, [`${name}-Reset`]: reset });
    expect([ms("0", "30"), ms("1", "30"), ms(undefined, "30"), ms("0", undefined)]).toEqual([
      30_000, 0, 0, 0,
    ]);
    // A time, in seconds, milliseconds or words, instead of a number of seconds.
    expect(ms("0", IN_A_MINUTE)).toBe(60_000);
    const later = Date.UTC(2030, 0, 1);
    wall(later);
    expect(ms("0", `${(later + 90_000) / 1000}`)).toBe(90_000);
    expect(ms("0", `${later + 90_000}`)).toBe(90_000);
    expect([ms("-1", "5"), ms("", "5"), ms("none", "5")]).toEqual([5_000, 0, 0]);
  });
});

describe("replies", () => {
  test("of several that ask to wait, the longest counts", () => {
    const reset = { "x-ratelimit-remaining": "0", "x-ratelimit-reset": "90" };
    expect(retryAfterMs({ "retry-after": "60", ...reset })).toBe(90_000);
    expect(retryAfterMs({ "retry-after": "120", ...reset })).toBe(120_000);
  });

  test("may be headers, an object with headers in any spelling, or what has either", () => {
    const headers = new Headers({ "Retry-After": "7" });
    const forms = [
      headers,
      { headers },
      { "Retry-After": "7" },
      { "RETRY-AFTER": 7 },
      { headers: { "retry-after": ["7"] } },
      { get: (name: string) => (name === "retry-after" ? "7" : undefined) },
      { get: (name: string) => (name === "retry-after" ? 7 : 5) as never },
      new Response("", { status: 503, headers }),
    ];
    expect(forms.map((form) => retryAfterMs(form))).toEqual(forms.map(() => 7_000));
    expect(retryAfterMs({})).toBe(0);
  });

  test.each([undefined, null, 5, "429"])("must not be %o", (reply) => {
    expect(() => retryAfterMs(reply as never)).toThrow(
      new TypeError(
        `Cannot read a reply: "reply" must be an object, received ${reply === "429" ? '"429"' : String(reply)}`,
      ),
    );
  });
});
