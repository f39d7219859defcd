// Timeouts that never fire.
import { moveOnAfter, timeout } from "../dist/index.js";
import { peer } from "./support/peers.mjs";
import { table } from "./support/table.mjs";
import { micro } from "./support/work.mjs";

const LONG_MS = 60_000;
const [pTimeout, caolan, effect] = await Promise.all(["p-timeout", "async", "effect"].map(peer));

/** By hand: one promise, one timer, taken back in the end. */
const rawTimeout = (fn) =>
  new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error("timeout")), LONG_MS);
    fn().then(
      (value) => {
        clearTimeout(timer);
        resolve(value);
      },
      (error) => {
        clearTimeout(timer);
        reject(error);
      },
    );
  });

const raceTimeout = async (fn) => {
  let timer;
  const expiry = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error("timeout")), LONG_MS);
  });
  try {
    return await Promise.race([fn(), expiry]);
  } finally {
    clearTimeout(timer);
  }
};

/** async.timeout speaks callbacks. */
const caolanTimeout = (wrapped) =>
  new Promise((resolve, reject) =>
    wrapped((error, value) => (error ? reject(error) : resolve(value))),
  );

/** Ways to put a timeout around a function. */
const wrappers = {
  "the operation alone (floor)": (fn) => fn(),
  "corral timeout": (fn) => timeout(LONG_MS, fn),
  "corral moveOnAfter": (fn) => moveOnAfter(LONG_MS, fn),
  "setTimeout by hand": rawTimeout,
  "Promise.race + setTimeout": raceTimeout,
  ...(caolan && { "async.timeout": (fn) => caolanTimeout(caolan.default.timeout(fn, LONG_MS)) }),
  ...(pTimeout && { "p-timeout": (fn) => pTimeout.default(fn(), { milliseconds: LONG_MS }) }),
};

{
  const count = 1000;
  const cases = Object.fromEntries(
    Object.entries(wrappers).map(([name, wrap]) => [
      name,
      async () => {
        for (let i = 0; i < count; i++) await wrap(micro);
      },
    ]),
  );
  if (caolan) {
    const wrapped = caolan.default.timeout(micro, LONG_MS);
    cases["async.timeout"] = async () => {
      for (let i = 0; i < count; i++) await caolanTimeout(wrapped);
    };
  }
  if (effect) {
    const { Effect } = effect;
    const guarded = Effect.timeout(Effect.promise(micro), LONG_MS);
    cases["effect 4 timeout"] = () =>
      Effect.runPromise(
        Effect.gen(function* () {
          for (let i = 0; i < count; i++) yield* guarded;
        }),
      );
  }
  const goals = { "corral timeout": { leads: { "effect 4 timeout": 2, "p-timeout": 4 } } };
  await table("timeout: never fires, one after the other", { ops: count, goals }, cases);
}

// All are pending before the first one ends.
async function outstanding(count) {
  const gated = (start) => async () => {
    let open;
    const gate = new Promise((resolve) => (open = resolve));
    const done = start(async () => {
      await gate;
      await micro();
    });
    open();
    await done;
  };
  const all = (wrap) =>
    gated((fn) => {
      const results = new Array(count);
      for (let i = 0; i < count; i++) results[i] = wrap(fn);
      return Promise.all(results);
    });
  const cases = Object.fromEntries(
    Object.entries(wrappers).map(([name, wrap]) => [name, all(wrap)]),
  );
  if (effect) {
    const { Effect } = effect;
    const items = new Array(count).fill(0);
    cases["effect 4 timeout"] = gated((fn) => {
      const guarded = Effect.timeout(Effect.promise(fn), LONG_MS);
      return Effect.runPromise(
        Effect.forEach(items, () => guarded, { concurrency: "unbounded", discard: true }),
      );
    });
  }
  const goals = { "corral timeout": { leads: { "effect 4 timeout": 1, "p-timeout": 2 } } };
  await table(
    `timeout: never fires, ${count / 1000}k outstanding`,
    { ops: count, timeMs: 0, goals },
    cases,
  );
}
await outstanding(1000);
await outstanding(100_000);
