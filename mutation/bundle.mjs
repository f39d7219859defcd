import { readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { build } from "esbuild";

/** What a bundle gives besides the tests: the library, for copies of it, and to load it alone. */
const PARTS = ["src/index.ts", "src/testing/index.ts", "src/internal/runtime.ts"];

const loaders = (paths) =>
  paths.map((path) => `  ${JSON.stringify(path)}: () => require("./${path}"),\n`).join("");

/**
 * The library and test files as one file, which is loaded in a hundredth of the time that two hundred files
 * take.
 */
export async function bundle(root, files, outfile) {
  // `require` makes esbuild load each file when it is asked for, so that what stands at the top of a
  // file (a hook, for example) is within the `describe` around it.
  const contents =
    `export const library = {\n${loaders(PARTS)}};\n` +
    `export const files = {\n${loaders(files)}};\n`;
  await build({
    stdin: { contents, resolveDir: root, loader: "js" },
    bundle: true,
    outfile,
    format: "esm",
    platform: "node",
    target: "node20",
    packages: "external",
    keepNames: true,
    logLevel: "error",
    plugins: [{ name: "corral", setup: (hooks) => resolveCorral(hooks, root) }],
  });
}

function resolveCorral(hooks, root) {
  hooks.onResolve({ filter: /^corral(\/testing)?$/ }, ({ path }) => ({
    path: join(root, path === "corral" ? "src/index.ts" : "src/testing/index.ts"),
  }));
  hooks.onLoad({ filter: /[\\/]test[\\/].*\.ts$/ }, ({ path }) => ({
    contents: readFileSync(path, "utf8")
      .replaceAll("import.meta.url", JSON.stringify(pathToFileURL(path).href))
      // For a test that loads the library once more; see worker/entry.test.mjs.
      .replaceAll("vi.resetModules()", "nextCopy()")
      .replaceAll('import("../../', 'loadCopy("'),
    loader: "ts",
  }));
}
