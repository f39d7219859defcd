// Rate limiters: the cost of a call that the limit never stops, and 10,000 a second.
import { RateLimiter } from "../dist/index.js";
import { options } from "./support/options.mjs";
import { peer } from "./support/peers.mjs";
import { heading, printRows, record } from "./support/report.mjs";
import { table } from "./support/table.mjs";
import { micro } from "./support/work.mjs";

const COUNT = 1000;
const NEVER = 1e12;
const [pThrottle, limiter, pQueue, bottleneck] = await Promise.all(
  ["p-throttle", "limiter", "p-queue", "bottleneck"].map(peer),
);

const sequence = (call) => async () => {
  for (let i = 0; i < COUNT; i++) await call();
};

{
  const rate = new RateLimiter({ limit: NEVER, perMs: 1_000 });
  const sliding = new RateLimiter({ limit: 1_000_000, perMs: 1, kind: "sliding" });
  const cases = {
    "await fn() (floor)": sequence(micro),
    "corral acquire": sequence(() => rate.acquire().then(micro)),
    "corral run": sequence(() => rate.run(micro)),
    "corral tryAcquire": sequence(() => (rate.tryAcquire() ? micro() : undefined)),
    "corral run, sliding": sequence(() => sliding.run(micro)),
  };
  if (limiter) {
    const settings = { tokensPerInterval: NEVER, interval: "second" };
    const bucket = new limiter.RateLimiter(settings);
    cases["limiter removeTokens"] = sequence(() => bucket.removeTokens(1).then(micro));
    cases["limiter tryRemoveTokens"] = sequence(() =>
      bucket.tryRemoveTokens(1) ? micro() : undefined,
    );
  }
  if (pThrottle) {
    const throttled = pThrottle.default({ limit: NEVER, interval: 1_000 })(micro);
    cases["p-throttle"] = sequence(throttled);
  }
  if (pQueue) {
    const queue = new pQueue.default({ intervalCap: NEVER, interval: 1_000 });
    cases["p-queue, interval"] = sequence(() => queue.add(micro));
  }
  const goals = { "corral run": { leads: { "limiter removeTokens": 1, "p-throttle": 1 } } };
  await table("rate: the limit is never reached", { ops: COUNT, goals }, cases);
}

{
  // How many in a second really begin, of 10,000 that may; and what that costs.
  const CALLS = 10_000;
  const PER_SECOND = 10_000;
  const cases = {
    "corral bucket": () => {
      const rate = new RateLimiter({ limit: 10, perMs: 1 });
      return (fn) => rate.run(fn);
    },
    "corral sliding": () => {
      const rate = new RateLimiter({ limit: PER_SECOND / 100, perMs: 10, kind: "sliding" });
      return (fn) => rate.run(fn);
    },
    "corral spaced": () => {
      const rate = new RateLimiter({ limit: PER_SECOND, perMs: 1_000, kind: "spaced" });
      return (fn) => rate.run(fn);
    },
    "p-throttle, 100 in 10 ms":
      pThrottle &&
      (() => {
        const throttled = pThrottle.default({ limit: 100, interval: 10 })((fn) => fn());
        return (fn) => throttled(fn);
      }),
    "p-queue, 100 in 10 ms":
      pQueue &&
      (() => {
        const queue = new pQueue.default({ intervalCap: 100, interval: 10 });
        return (fn) => queue.add(fn);
      }),
    "bottleneck, minTime 1":
      bottleneck &&
      (() => {
        const queue = new bottleneck.default({ minTime: 1 });
        return (fn) => queue.schedule(fn);
      }),
  };
  heading(`rate: ${CALLS} calls at once, ${PER_SECOND} a second allowed`, process.version);
  const rows = [];
  for (const [name, make] of Object.entries(cases)) {
    if (make === undefined || !options.only.test(name)) continue;
    const run = make();
    // Nobody waits for a peer that is ten times as slow.
    const calls = name.startsWith("bottleneck") ? CALLS / 10 : CALLS;
    const { user, system } = process.cpuUsage();
    const started = performance.now();
    await Promise.all(Array.from({ length: calls }, () => run(micro)));
    const ms = performance.now() - started;
    const used = process.cpuUsage();
    const cpuMs = (used.user - user + used.system - system) / 1e3;
    rows.push({ name, perSecond: (calls / ms) * 1e3, usPerCall: (cpuMs / calls) * 1e3 });
  }
  printRows(
    [
      ["", 34],
      ["calls a second", 16],
      ["CPU per call", 14],
    ],
    rows.map((row) => [row.name, row.perSecond.toFixed(0), `${row.usPerCall.toFixed(1)} us`]),
  );
  record({ title: "rate: 10,000 a second", rows });
}
