// Retries: work that succeeds at once, and work that fails twice first, without a delay.
import { retry } from "../dist/index.js";
import { peer } from "./support/peers.mjs";
import { table } from "./support/table.mjs";
import { micro } from "./support/work.mjs";

const COUNT = 1000;
const [pRetry, caolan, cockatiel, toolkit] = await Promise.all(
  ["p-retry", "async", "cockatiel", "es-toolkit"].map(peer),
);

/** One after the other, each of which fails `failures` times. */
const sequence = (failures, attempt) => async () => {
  for (let i = 0; i < COUNT; i++) {
    let left = failures;
    await attempt(async () => {
      await micro();
      if (left-- > 0) throw new Error("not yet");
    });
  }
};

function peers(failures) {
  const cases = {};
  if (pRetry) {
    const settings = { retries: 2, minTimeout: 0, factor: 1 };
    cases["p-retry"] = sequence(failures, (fn) => pRetry.default(fn, settings));
  }
  if (caolan) cases["async.retry"] = sequence(failures, (fn) => caolan.default.retry(3, fn));
  if (cockatiel) {
    const { ConstantBackoff, handleAll } = cockatiel;
    const policy = cockatiel.retry(handleAll, { maxAttempts: 2, backoff: new ConstantBackoff(0) });
    cases["cockatiel"] = sequence(failures, (fn) => policy.execute(fn));
  }
  if (toolkit) {
    cases["es-toolkit"] = sequence(failures, (fn) => toolkit.retry(fn, { retries: 3, delay: 0 }));
  }
  return cases;
}

const byHand = async (fn) => {
  for (let attempt = 1; ; attempt++) {
    try {
      return await fn();
    } catch (error) {
      if (attempt === 3) throw error;
    }
  }
};
const ours = (fn) => retry(fn, { attempts: 3, backoff: () => 0 });

const once = (fn) => fn();
await table(
  "retry: success at once",
  { ops: COUNT, goals: { "corral retry": { leads: { "p-retry": 1, "async.retry": 1 } } } },
  {
    "await fn() (floor)": sequence(0, once),
    "corral retry": sequence(0, ours),
    ...peers(0),
  },
);
await table(
  "retry: two failures, then success, no delay",
  { ops: COUNT, goals: { "corral retry": { leads: { "p-retry": 1 } } } },
  {
    "a loop by hand (floor)": sequence(2, byHand),
    "corral retry": sequence(2, ours),
    ...peers(2),
  },
);
