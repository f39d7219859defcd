import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { isEquivalent } from "./equivalents.mjs";

const here = fileURLToPath(new URL(".", import.meta.url));
const root = join(here, "..");
export const reports = join(here, ".reports");
const path = join(reports, "results.json");

const read = () => (existsSync(path) ? JSON.parse(readFileSync(path, "utf8")) : {});
const linesOf = (file) => readFileSync(join(root, file), "utf8").split("\n");

/** What stands in the source where a mutant is. */
function textAt(lines, { start, end }) {
  const found = lines.slice(start.line, end.line + 1);
  found[found.length - 1] = found.at(-1).slice(0, end.column);
  found[0] = found[0].slice(start.column);
  return found.join("\n");
}

const placeOf = ({ at: { start, end }, into }) =>
  [start.line, start.column, end.line, end.column, into].join(" ");

/** Keeps what became of the mutants of files, in place of what was kept of them. */
export function keep(files, results, { only }) {
  const all = read();
  const fresh = Object.fromEntries(files.map((file) => [file, []]));
  for (const {
    fileName,
    location,
    replacement,
    mutatorName,
    status,
    killedBy,
    statusReason,
  } of results) {
    const file = relative(root, fileName).replaceAll("\\", "/");
    const lines = linesOf(file);
    // Stryker counts from zero within a run, and from one in its results.
    const at = {
      start: { line: location.start.line - 1, column: location.start.column - 1 },
      end: { line: location.end.line - 1, column: location.end.column - 1 },
    };
    fresh[file].push({
      at,
      line: lines[at.start.line].trim(),
      from: textAt(lines, at),
      into: replacement,
      mutator: mutatorName,
      status,
      by: killedBy?.[0],
      why: statusReason,
    });
  }
  for (const [file, mutants] of Object.entries(fresh)) {
    if (only) {
      const news = new Map(mutants.map((mutant) => [placeOf(mutant), mutant]));
      all[file] = (all[file] ?? []).map((mutant) =>
        hasSurvived(mutant) ? (news.get(placeOf(mutant)) ?? mutant) : mutant,
      );
    } else {
      all[file] = mutants;
    }
  }
  mkdirSync(reports, { recursive: true });
  writeFileSync(path, JSON.stringify(all));
}

export const hasSurvived = ({ status }) => status === "Survived" || status === "NoCoverage";

/** What is kept of the files that there are. */
export function kept(files) {
  const all = read();
  return new Map(files.filter((file) => file in all).map((file) => [file, all[file]]));
}

/** Where the survivors of files are, as Stryker takes it, but for those that nothing can kill. */
export function rangesOfSurvivors(files) {
  const all = read();
  const survivors = files.flatMap((file) =>
    (all[file] ?? [])
      .filter((mutant) => hasSurvived(mutant) && !isEquivalent(file, mutant))
      .map((mutant) => ({ file, ...mutant.at })),
  );
  return survivors.map(
    ({ file, start, end }) =>
      `${file}:${start.line + 1}:${start.column}-${end.line + 1}:${end.column}`,
  );
}
