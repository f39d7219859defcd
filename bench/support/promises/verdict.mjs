// What a check says of a package, and how it waits for what may never come.
import { nextTurn } from "../work.mjs";

const HANGS_AFTER_MS = 250;

export const yes = (said) => ({ kept: true, said });
export const no = (said) => ({ kept: false, said });
/** The package does not offer it. */
export const lacks = (said) => ({ kept: undefined, said });
/** A number that nobody promised. */
export const figure = (said) => ({ kept: undefined, figure: said, said });

/** What comes of each way to do it that a package has, by its name. */
export async function each(ways = {}, check) {
  const verdicts = [];
  for (const [how, way] of Object.entries(ways)) verdicts.push({ how, ...(await check(way, how)) });
  return verdicts.length === 0 ? lacks("has no way to") : verdicts;
}

export function textOf(error) {
  if (error === null || typeof error !== "object") return JSON.stringify(error) ?? String(error);
  return `${error.name ?? "Error"}: ${error.message ?? error}`.split("\n")[0];
}

export async function turns(count = 5) {
  for (let i = 0; i < count; i++) await nextTurn();
}

/** What has become of a promise so far. */
export function watched(promise) {
  const seen = { settled: false };
  const settle = (rejected) => (outcome) =>
    Object.assign(seen, { settled: true, rejected, outcome });
  Promise.resolve(promise).then(settle(false), settle(true));
  return seen;
}

/** Waits for the end, but not for ever. */
export async function endedWithin(seen, ms) {
  const until = performance.now() + ms;
  while (!seen.settled && performance.now() < until) await nextTurn();
  return seen;
}

export const ended = (seen) => endedWithin(seen, HANGS_AFTER_MS);

/** Work that ends when the check says so. */
export function gate() {
  let open;
  const opened = new Promise((resolve) => (open = resolve));
  return { opened, open, work: () => opened };
}
