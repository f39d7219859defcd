import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const src = fileURLToPath(new URL("../../src", import.meta.url));

/** All of the library as one script that leaves its exports, and those of `corral/testing`, in `corral`. */
export async function bundle(options: { readonly minify: boolean }): Promise<string> {
  const { outputFiles } = await build({
    stdin: {
      contents: 'export * from "./index.ts"; export * as testing from "./testing/index.ts";',
      resolveDir: src,
      loader: "ts",
    },
    bundle: true,
    write: false,
    minify: options.minify,
    format: "iife",
    globalName: "corral",
    target: "es2022",
    logLevel: "silent",
  });
  return outputFiles[0]!.text;
}
