import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
// oxlint-disable-next-line import/no-unassigned-import -- first, so that the process's record has no fault: other files use it too
import "../../src/index.ts";
import type * as Corral from "../../src/index.ts";
import { faultNamed } from "./faults.ts";

/** The library, or a copy of it with a fault. */
export type Library = typeof Corral;

const src = fileURLToPath(new URL("../../src/", import.meta.url));

/** A copy of the library with a fault. It shares the process's runtime record with the original. */
export async function faultyLibrary(name: string): Promise<Library> {
  const { file, from, to } = faultNamed(name);
  const path = `${src}${file}`;
  const text = await readFile(path, "utf8");
  if (text.split(from).length !== 2) throw new Error(`${file} has changed: where is\n${from}`);
  const { outputFiles } = await build({
    entryPoints: [`${src}index.ts`],
    bundle: true,
    write: false,
    format: "esm",
    target: "es2022",
    logLevel: "silent",
    plugins: [
      {
        name: "fault",
        setup: ({ onLoad }) => {
          onLoad({ filter: /\.ts$/ }, (args) =>
            args.path === path
              ? { contents: text.replace(from, () => to), loader: "ts" }
              : undefined,
          );
        },
      },
    ],
  });
  const url = `data:text/javascript,${encodeURIComponent(outputFiles[0]!.text)}`;
  return (await import(/* @vite-ignore */ url)) as Library;
}
