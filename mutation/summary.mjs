import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { equivalents, isEquivalent, isListed } from "./equivalents.mjs";
import { hasSurvived, reports } from "./results.mjs";

/** How many of a hundred mutants the tests must see. */
const BOUND = 90;

const parts = [
  { name: "kernel", folders: ["src/internal/", "src/cancel/"] },
  { name: "sync", folders: ["src/sync/"] },
];

function count(file, mutants) {
  const rows = mutants.filter(({ status }) => !["Ignored", "CompileError"].includes(status));
  const survivors = rows.filter(hasSurvived);
  const equal = survivors.filter((mutant) => isEquivalent(file, mutant));
  return {
    all: rows.length,
    killed: rows.length - survivors.length,
    late: rows.filter(({ status }) => status === "Timeout").length,
    uncovered: rows.filter(({ status }) => status === "NoCoverage").length,
    equal: equal.length,
    survivors: survivors.filter((mutant) => !equal.includes(mutant)),
  };
}

function sum(counts) {
  const total = { all: 0, killed: 0, late: 0, uncovered: 0, equal: 0, survivors: [] };
  for (const one of counts) {
    for (const key of ["all", "killed", "late", "uncovered", "equal"]) total[key] += one[key];
    total.survivors.push(...one.survivors);
  }
  return total;
}

const percent = (n, of) => (of === 0 ? "-" : `${((100 * n) / of).toFixed(1)} %`);

function row(name, { all, killed, late, uncovered, equal, survivors }) {
  const cells = [all, killed, late, survivors.length, uncovered, equal];
  const scores = [percent(killed, all), percent(killed, all - equal)];
  return `${name.padEnd(30)}${[...cells, ...scores].map((cell) => String(cell).padStart(11)).join("")}`;
}

const HEAD = [
  "mutants",
  "killed",
  "timed out",
  "survived",
  "uncovered",
  "equivalent",
  "score",
  "of others",
];

/** Prints the scores and writes down the survivors. Gives whether all is as it should be. */
export function summarize(results) {
  console.log(`\n${"".padEnd(30)}${HEAD.map((cell) => cell.padStart(11)).join("")}`);
  const list = [];
  let good = true;
  for (const { name, folders } of parts) {
    const counts = [];
    for (const [file, mutants] of results) {
      if (!folders.some((folder) => file.startsWith(folder))) continue;
      const one = count(file, mutants);
      counts.push(one);
      console.log(row(file, one));
      for (const { at, line, from, into, status } of one.survivors) {
        list.push(`${file}:${at.start.line + 1} ${status}\n    ${line}\n    ${from} -> ${into}\n`);
      }
    }
    if (counts.length === 0) continue;
    const total = sum(counts);
    console.log(`${row(name, total)}\n`);
    if ((100 * total.killed) / (total.all - total.equal) < BOUND) {
      good = false;
      console.log(`mutation: fewer than ${BOUND} % of the mutants of ${name} are killed`);
    }
  }
  for (const listed of equivalents) {
    const mutants = results.get(listed.file);
    const found = mutants?.filter((mutant) => isListed(listed, listed.file, mutant)) ?? [];
    if (mutants === undefined || found.some(hasSurvived)) continue;
    good = false;
    const what = found.length === 0 ? "is not there any more" : "is killed, so it is no equivalent";
    console.log(
      `mutation: ${listed.file}: ${listed.line}: ${listed.from} -> ${listed.into} ${what}`,
    );
  }
  const path = join(reports, "survivors.txt");
  writeFileSync(path, list.join("\n"));
  console.log(`The survivors are in ${path}`);
  return good;
}
