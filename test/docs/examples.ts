import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";

/** A TypeScript example of the documentation, and what it says that it prints. */
export interface Example {
  /** Where it stands: file and line. */
  readonly place: string;
  readonly code: string;
  /** The comments that say what is printed, in order. */
  readonly prints: readonly string[];
}

const root: string = join(import.meta.dirname, "../..");

function filesBelow(folder: string, ending: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(ending))
    .map((name) => join(root, folder, name));
}

/**
 * A comment that begins in the first column, or after a `console.log(…);`, says what is printed; of
 * Python, after a `print(…)`.
 */
export function printsOf(code: string): string[] {
  const prints: string[] = [];
  for (const line of code.split("\n")) {
    const said =
      /^(?:\/\/|#) (.*)$/.exec(line) ??
      /console\.log\(.*\); \/\/ (.*)$/.exec(line) ??
      /print\(.*\) {2}# (.*)$/.exec(line);
    if (said !== null) prints.push(said[1]!);
  }
  return prints;
}

function examplesIn(file: string): Example[] {
  // A doc comment's examples lose their leading asterisks.
  const text = readFileSync(file, "utf8").replaceAll(/^[ \t]*\*(?: |$)/gm, "");
  return Array.from(text.matchAll(/^```ts\n([\s\S]*?)^```$/gm), (found) => {
    const line = text.slice(0, found.index).split("\n").length;
    const code = found[1]!;
    return { place: `${relative(root, file)}:${line}`, code, prints: printsOf(code) };
  });
}

/** All examples of the README, of `docs/` and of the doc comments in `src/`. */
export function allExamples(): Example[] {
  return [
    join(root, "README.md"),
    ...filesBelow("docs", ".md"),
    ...filesBelow("src", ".ts"),
  ].flatMap((file) => examplesIn(file));
}
