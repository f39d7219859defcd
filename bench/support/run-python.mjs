// Runs a script in Python, which some rows are of.
import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";

/** Debian's own Python, which has its packages, may not be the first one in the path. */
const PROGRAMS = ["python3", "/usr/bin/python3"];

/**
 * What the script beside this file prints, given the input as JSON; the first Python counts that has what it imports.
 * Where none has, `undefined`, and the reason is printed.
 */
export function runPython(name, input) {
  const script = fileURLToPath(new URL(name, import.meta.url));
  const stdio = ["pipe", "pipe", "pipe"];
  let why = "";
  for (const program of PROGRAMS) {
    try {
      const settings = { input: JSON.stringify(input), stdio, encoding: "utf8" };
      return JSON.parse(execFileSync(program, [script], settings));
    } catch (error) {
      const said = String(error.stderr ?? "").trim() || error.message;
      why = said.split("\n").at(-1);
    }
  }
  console.log(`  no rows of Python: ${why}`);
  return undefined;
}
