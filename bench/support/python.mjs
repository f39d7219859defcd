// Rows of another runtime, below the table that they belong to: Python's caches, where python3 is there.
import { options } from "./options.mjs";
import { ns, record } from "./report.mjs";
import { runPython } from "./run-python.mjs";
import { median } from "./statistics.mjs";

/** What cache-python.py says of a job: `{ version, rows }`, or `undefined` where it does not run. */
export function python(job, inputs) {
  if (!options.only.test("python")) return undefined;
  return runPython("cache-python.py", { job, ...inputs });
}

export const nameInPython = (version, name) => `${name} (python ${version})`;

/** Measures and prints them, if that table is wanted. They have no floor: it runs on V8. */
export function pythonRows(title, job, inputs) {
  if (!options.table.test(title)) return;
  const measured = python(job, inputs);
  if (measured === undefined) return;
  const rows = Object.entries(measured.rows).map(([name, perOp]) => ({
    name: nameInPython(measured.version, name),
    ns: median(perOp),
    minNs: Math.min(...perOp),
  }));
  for (const row of rows) {
    const figures = [row.ns, row.minNs].map((value) => ns(value).padStart(11));
    console.log(`  ${row.name.padEnd(46)}${figures.join("")}`);
  }
  record({ title: `${title}, python`, rows });
}
