// The runtimes, and where their binaries are.
import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";

const modules = fileURLToPath(new URL("./node_modules/", import.meta.url));
const platform = `${process.platform}-${process.arch}`;

/** Packages of the npm registry that hold nothing but a binary, one for each kind of machine. */
const denos = { "linux-x64": "linux-x64-glibc" };
const buns = { "linux-x64": "linux-x64", "linux-arm64": "linux-aarch64" };

function inPackage(path) {
  const binary = join(modules, path);
  if (existsSync(binary)) return { binary };
  return { missing: `there is no ${path} in runtimes/node_modules for ${platform}` };
}

function chromium() {
  const driver = "@vitest/browser-playwright";
  if (!existsSync(join(modules, driver))) {
    return { missing: `there is no ${driver} in runtimes/node_modules` };
  }
  const asked = process.env.CHROMIUM;
  if (asked !== undefined) {
    return existsSync(asked) ? { binary: asked } : { missing: `CHROMIUM names no file: ${asked}` };
  }
  const names = ["chromium", "chromium-browser", "google-chrome"];
  for (const folder of (process.env.PATH ?? "").split(delimiter)) {
    const found = names.map((name) => join(folder, name)).find(existsSync);
    if (found !== undefined) return { binary: found };
  }
  return { missing: `no ${names.join(", ")} in PATH, and CHROMIUM is not set` };
}

const vitest = "node_modules/vitest/vitest.mjs";
const unit = "runtimes/vitest.config.mjs";
const page = "runtimes/chromium/vitest.config.mjs";

const node = (major) => ({
  name: `node-${major}`,
  title: "node",
  kind: "node",
  find: () => inPackage(`node-${major}-${platform}/bin/node`),
  command: (binary) => [binary, vitest],
  config: unit,
});

/**
 * `kind` is what the tests must find themselves in. Chromium is driven by the Node that runs this; in
 * all the others the test runner itself runs on the runtime.
 */
export const runtimes = [
  { ...node("current"), name: "node", find: () => ({ binary: process.execPath }) },
  node(22),
  node(24),
  node(26),
  {
    name: "deno",
    title: "deno",
    kind: "deno",
    find: () => inPackage(`@deno/${denos[platform] ?? platform}/deno`),
    command: (binary) => [binary, "run", "--allow-all", vitest],
    config: unit,
  },
  {
    name: "bun",
    title: "bun",
    kind: "bun",
    find: () => inPackage(`@oven/bun-${buns[platform] ?? platform}/bin/bun`),
    command: (binary) => [binary, "--bun", vitest],
    config: unit,
  },
  {
    name: "chromium",
    title: "chromium",
    kind: "chromium",
    find: chromium,
    command: () => [process.execPath, vitest],
    config: page,
  },
];
