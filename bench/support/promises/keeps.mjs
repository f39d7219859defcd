// Runs each check with each package, prints what it did and records it. A promise that corral does not
// keep is a missed goal.
import { options } from "../options.mjs";
import { versions } from "../peers.mjs";
import { goal, heading, printRows, record } from "../report.mjs";
import { no, textOf, turns } from "./verdict.mjs";

const LONGEST_MS = 60_000;

const unhandled = [];
process.on("unhandledRejection", (error) => unhandled.push(error));
process.on("uncaughtException", (error) => unhandled.push(error));

async function inTime(answer) {
  let timer;
  const late = new Promise((resolve) => {
    timer = setTimeout(() => resolve(no("hangs")), LONGEST_MS);
  });
  try {
    return await Promise.race([answer, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** The verdicts of a package: one for each way that it has. */
async function answers(check, contender) {
  unhandled.length = 0;
  let verdicts;
  try {
    verdicts = [await inTime(check(contender))].flat();
  } catch (error) {
    verdicts = [no(textOf(error))];
  }
  await turns();
  if (unhandled.length === 0) return verdicts;
  const left = `unhandled: ${textOf(unhandled[0])}`;
  return verdicts.map(({ said, ...rest }) => ({
    ...rest,
    ...no([said, left].filter(Boolean).join("; ")),
  }));
}

export function mark({ kept, figure }) {
  return figure ?? (kept === undefined ? "-" : kept ? "yes" : "NO");
}
const marks = (verdicts) => [...new Set(verdicts.map(mark))].join("/");
const isBroken = ({ kept, figure }) => !kept && figure === undefined;

/**
 * `contenders`: `{ name, ... }` each, as the checks know them. `checks`: what is promised, and the
 * function that looks whether it is kept. What corral lacks, it does not keep.
 */
export async function keeps(family, contenders, checks) {
  const all = contenders.filter(({ name }) => options.only.test(name));
  const wanted = Object.entries(checks)
    .map(([title, check], i) => ({ title, check, number: i + 1 }))
    .filter(({ title }) => options.table.test(`${family}: ${title}`));
  if (wanted.length === 0) return;
  const results = new Map(all.map(({ name }) => [name, []]));
  heading(`${family}: what they promise`, process.version);
  for (const { title, check, number } of wanted) {
    console.log(`\n  ${number}. ${title}`);
    const rows = [];
    for (const contender of all) {
      const verdicts = await answers(check, contender);
      results.get(contender.name).push({ number, verdicts });
      rows.push(...verdicts.map((verdict) => ({ name: contender.name, ...verdict })));
    }
    for (const row of rows) {
      const name = [row.name, row.how].filter(Boolean).join(", ");
      console.log(`     ${name.padEnd(41)}${mark(row).padEnd(5)} ${row.figure ? "" : row.said}`);
    }
    record({ title: `${family}: ${title}`, rows });
  }

  record({ versions: versions() });
  console.log();
  printRows(
    [["", 26], ...wanted.map(({ number }) => [String(number), 8])],
    [...results].map(([name, numbered]) => [name, ...numbered.map((each) => marks(each.verdicts))]),
  );
  for (const [name, numbered] of results) {
    if (!name.startsWith("corral")) continue;
    const broken = numbered.filter(({ verdicts }) => verdicts.some(isBroken));
    const detail = broken.map(({ number }) => number).join(", ") || `${numbered.length}`;
    goal(`${family}: ${name} keeps all of them`, broken.length === 0, detail);
  }
}
