import { execFile } from "node:child_process";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { allExamples } from "./examples.ts";

const root: string = join(import.meta.dirname, "../..");
const folder: string = join(import.meta.dirname, ".out/compiled");

/** What a reader's own project checks; names that an example does not use are no mistake of it. */
const project = {
  extends: "../../../../tsconfig.json",
  compilerOptions: {
    noUnusedLocals: false,
    noUnusedParameters: false,
    isolatedDeclarations: false,
    declaration: false,
    declarationMap: false,
    erasableSyntaxOnly: false,
    paths: {
      corral: ["../../../../src/index.ts"],
      "corral/*": ["../../../../src/*/index.ts"],
    },
  },
  include: ["*.ts"],
  exclude: [],
};

/**
 * Compiles all examples of the documentation, each as a module of its own.
 *
 * @returns What the compiler has found, with the place of the example for the name of its file.
 */
export async function compileExamples(): Promise<string[]> {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify(project));
  const examples = allExamples();
  examples.forEach(({ code }, index) => {
    writeFileSync(join(folder, `example-${index}.ts`), `${code}\nexport {};\n`);
  });
  const compiler = join(root, "node_modules/typescript/bin/tsc");
  const found = await new Promise<string>((resolve, reject) => {
    const args = [compiler, "-p", folder, "--pretty", "false"];
    execFile(process.execPath, args, { cwd: folder }, (error, stdout, stderr) => {
      // It ends with a number of its own when it has found something.
      if (error !== null && typeof error.code !== "number") reject(error);
      else resolve(stdout + stderr);
    });
  });
  return found
    .split("\n")
    .filter((line) => line.trim() !== "")
    .map((line) =>
      line.replace(/^.*?example-(\d+)\.ts\((\d+),/, (_, index: string, inner: string) => {
        const [file, first] = examples[Number(index)]!.place.split(":");
        return `${file}(${Number(first) + Number(inner)},`;
      }),
    );
}
