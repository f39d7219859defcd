import { execFile } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { format, promisify } from "node:util";
import { withVirtualClock } from "corral/testing";
import { transform } from "esbuild";
import { vi } from "vitest";

const folder = join(import.meta.dirname, ".out");

/** Makes the code a module with one function, so that it is loaded first and run later. */
function moduleOf(code: string): string {
  const imports = code.match(/^import [\s\S]*?;$/gm) ?? [];
  const body = code.replaceAll(/^import [\s\S]*?;$/gm, "");
  return `${imports.join("\n")}\nexport default async function () {\n${body}\n}\n`;
}

/** No runtime knows decorators, and vitest leaves them as they are. */
async function withoutDecorators(code: string): Promise<string> {
  if (!/^\s*@\w/m.test(code)) return code;
  return (await transform(code, { loader: "ts", target: "es2022" })).code;
}

async function load(name: string, code: string): Promise<() => Promise<void>> {
  mkdirSync(folder, { recursive: true });
  const file = join(folder, name);
  writeFileSync(file, await withoutDecorators(moduleOf(code)));
  const { default: run } = (await import(file)) as { default: () => Promise<void> };
  return run;
}

async function printedBy(run: () => Promise<unknown>): Promise<string[]> {
  const printed: string[] = [];
  const spy = vi.spyOn(console, "log").mockImplementation((...values: unknown[]) => {
    printed.push(format(...values));
  });
  try {
    await run();
  } finally {
    spy.mockRestore();
  }
  return printed;
}

/** What the database does takes time of the platform's. */
function usesDatabase(code: string): boolean {
  return code.includes('"corral/db');
}

/**
 * Runs an example that uses the library, on a virtual clock.
 *
 * @param name Of the file that it is written to, without an ending.
 * @returns The lines it has printed.
 */
export async function runExample(name: string, code: string): Promise<string[]> {
  const itself = code.includes('"corral/testing"') || usesDatabase(code);
  const run = await load(
    `${name}.ts`,
    code.replace('"@electric-sql/pglite"', '"../shared-pglite.ts"'),
  );
  return printedBy(() => (itself ? run() : withVirtualClock(run)));
}

/** Runs JavaScript that uses other packages, on the real clock. */
export async function runJavaScript(name: string, code: string): Promise<string[]> {
  return printedBy(await load(`${name}.mjs`, code));
}

const python = `
import contextlib, io, json, sys, traceback

def run(code):
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        try:
            exec(compile(code, "block", "exec"), {"__name__": "__main__"})
        except BaseException:
            traceback.print_exc(file=out)
    return out.getvalue().splitlines()

json.dump([run(code) for code in json.loads(sys.argv[1])], sys.stdout)
`;

/**
 * Runs Python: one program after the other, in one process.
 *
 * @returns The lines that each has printed, and how it has failed.
 */
export async function runPython(programs: readonly string[]): Promise<string[][]> {
  const args = ["-c", python, JSON.stringify(programs)];
  const { stdout } = await promisify(execFile)("python3", args);
  return JSON.parse(stdout) as string[][];
}
