// Packs the library and uses it as others would: from a fresh folder with the tarball installed, by each
// module system, compiler, bundler and runtime at hand. `npm run consumers [-- NAMES]`.

import { spawnSync } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { root } from "./tool.mjs";

const strict = process.env.CORRAL_REQUIRE_SERVICES === "1";
const wanted = process.argv.slice(2);
const home = mkdtempSync(join(tmpdir(), "corral-consumers-"));
process.on("exit", () => rmSync(home, { recursive: true, force: true }));

function call(command, parameters, options) {
  const { status, stdout, stderr, error } = spawnSync(command, parameters, {
    encoding: "utf8",
    timeout: 240_000,
    ...options,
  });
  if (status === 0) return stdout;
  throw new Error(
    `${command} ${parameters.join(" ")}: ${error ?? `status ${status}`}\n${stdout}${stderr}`,
  );
}

function npm(parameters, cwd) {
  return call("npm", parameters, { cwd, shell: process.platform === "win32" });
}

/** The entries, each with its file among the sources. */
const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
const jsr = JSON.parse(readFileSync(join(root, "jsr.json"), "utf8"));
for (const [entry, target] of Object.entries(manifest.exports)) {
  // What stands on a package of npm is published there alone.
  if (entry === "./package.json" || entry === "./http/undici") continue;
  const source = target.default.replace("./dist/", "./src/").replace(/\.js$/, ".ts");
  if (jsr.exports[entry] !== source) throw new Error(`jsr.json must export ${entry}: ${source}`);
}
if (jsr.version !== manifest.version) throw new Error("jsr.json must have the package's version");

await import("./build.mjs");
const [{ filename }] = JSON.parse(npm(["pack", "--json", "--pack-destination", home], root));
const tarball = join(home, filename);
const tools = join(root, "consumers/node_modules");
const runtimes = join(root, "runtimes/node_modules");
npm(["ci"], join(root, "consumers"));

// What each of them runs: the first lines of the README, with signals passed on, for where there are no ambient scopes.
const USES = `
async function main({ gather, limit, memoize, sleep, taskGroup, timeout }) {
  const log = [];
  const failed = await taskGroup(async (group) => {
    group.spawn(({ signal }) =>
      sleep(60_000, { signal }).finally(() => log.push("sibling cancelled")),
    );
    group.spawn(async () => {
      await sleep(1);
      throw new Error("failed");
    });
  }).catch((error) => error.message);
  const late = await timeout(5, ({ signal }) => sleep(60_000, { signal })).catch((error) => error.name);
  const limited = limit(2);
  const values = await gather([1, 2, 3].map((n) => () => limited(async () => n * 2)));
  let loads = 0;
  const load = memoize(async (key) => key + ++loads);
  await Promise.all([load("a"), load("a")]);
  return [...log, failed, late, ...values, loads].join(" ");
}
`;
const EXPECTED = "sibling cancelled failed TimeoutError 2 4 6 1";
const PORTABLE = `import * as corral from "corral";\n${USES}
main(corral).then((said) => console.log(said));
`;
const TYPED = `
import { AsyncLru, channel, gather, limit, memoize, taskGroup, timeout, TimeoutError } from "corral";
import { withVirtualClock } from "corral/testing";
export async function main(): Promise<string> {
  const [a, b] = await gather([async () => 1, async () => "b"] as const);
  const n: number = a;
  const s: string = b;
  const load = memoize(async (key: string): Promise<number> => key.length);
  const size: number = await load("four");
  const cache = new AsyncLru<string, number>({ load: async (key) => key.length, max: 10 });
  const [sender, receiver] = channel<number>(1);
  await taskGroup((group) => group.spawn(async () => n));
  const limited = limit(2);
  await limited(() => sender.send(n));
  // @ts-expect-error -- a channel of numbers
  await sender.send(s);
  const first: number = await timeout(1_000, () => receiver.receive());
  await withVirtualClock(async (clock) => clock.now());
  return \`\${first} \${size} \${await cache.get(s)} \${String(TimeoutError)}\`;
}
`;

/** A folder with the tarball installed in it. */
function consumer(name, files, more = {}) {
  const folder = join(home, name);
  mkdirSync(folder);
  const described = { name, private: true, version: "1.0.0", ...more };
  for (const [file, text] of Object.entries({
    "package.json": JSON.stringify(described),
    ...files,
  })) {
    writeFileSync(join(folder, file), text);
  }
  npm(["install", "--no-audit", "--no-fund", "--ignore-scripts", tarball], folder);
  const packages = readdirSync(join(folder, "node_modules")).filter((each) => each[0] !== ".");
  if (packages.join() !== "corral") throw new Error(`it installs ${packages.join()}`);
  return folder;
}

function expectSaid(said) {
  if (said.trim() !== EXPECTED) throw new Error(`it says ${JSON.stringify(said)}`);
}

/** What a browser's bundle says where there is nothing that only Node has. */
function runBundle(file) {
  const code = readFileSync(file, "utf8");
  for (const each of [/\bfrom\s*["']node:/, /\brequire\(/]) {
    if (each.test(code)) throw new Error(`the bundle has ${each}`);
  }
  const names = ["process", "global", "Buffer", "setImmediate", "clearImmediate"];
  const bare = `for (const name of ${JSON.stringify(names)}) delete globalThis[name];\n`;
  const script = join(home, `bundle-${names.length}-${Math.random()}.mjs`);
  writeFileSync(script, bare + code);
  expectSaid(call(process.execPath, [script]));
}

const MISSING = Symbol("missing");
const needs = (path, run) => (existsSync(path) ? run : MISSING);
// The package itself has a script in its place until its own installation has run.
const cpu = process.arch === "arm64" ? "aarch64" : process.arch;
const bun = join(runtimes, `@oven/bun-${process.platform}-${cpu}/bin/bun`);
const libc = process.platform === "linux" ? "-glibc" : "";
const deno = join(runtimes, `@deno/${process.platform}-${process.arch}${libc}/deno`);
const node = (binary) => (folder) => (file) => expectSaid(call(binary, [join(folder, file)]));

const consumers = {
  "node, import": () => {
    const folder = consumer("esm", { "main.mjs": PORTABLE });
    node(process.execPath)(folder)("main.mjs");
  },
  "node, require": () => {
    const main = `${USES}main(require("corral")).then((said) => console.log(said));`;
    const folder = consumer("cjs", { "main.cjs": main });
    node(process.execPath)(folder)("main.cjs");
  },
};

for (const major of ["5", "6", "7"]) {
  for (const [module, resolution] of [
    ["nodenext", "nodenext"],
    ["esnext", "bundler"],
  ]) {
    consumers[`typescript ${major}, ${resolution}`] = () => {
      const tsconfig = {
        compilerOptions: {
          module,
          moduleResolution: resolution,
          target: "es2022",
          lib: ["es2022", "dom", "esnext.disposable", "dom.iterable"],
          strict: true,
          exactOptionalPropertyTypes: true,
          noUncheckedIndexedAccess: true,
          skipLibCheck: false,
          noEmit: true,
          types: [],
        },
        include: ["*.ts"],
      };
      const folder = consumer(
        `ts${major}-${resolution}`,
        { "main.ts": TYPED, "tsconfig.json": JSON.stringify(tsconfig) },
        { type: "module" },
      );
      call(process.execPath, [join(tools, `typescript-${major}/bin/tsc`), "-p", folder]);
    };
  }
}

Object.assign(consumers, {
  "esbuild, browser": () => {
    const folder = consumer("esbuild", { "main.js": PORTABLE }, { type: "module" });
    const out = join(folder, "out.js");
    const flags = ["--bundle", "--platform=browser", "--format=iife", `--outfile=${out}`];
    call(join(tools, ".bin/esbuild"), ["main.js", ...flags], { cwd: folder });
    return runBundle(out);
  },
  "vite, browser": () => {
    const html = '<script type="module" src="/main.js"></script>';
    // What it adds for the page is not the library's.
    const config = "export default { build: { modulePreload: false } };";
    const files = { "main.js": PORTABLE, "index.html": html, "vite.config.mjs": config };
    const folder = consumer("vite", files);
    call(join(tools, ".bin/vite"), ["build", "--logLevel", "error"], { cwd: folder });
    const [built] = readdirSync(join(folder, "dist/assets"));
    return runBundle(join(folder, "dist/assets", built));
  },
  "webpack, browser": async () => {
    const folder = consumer("webpack", { "main.js": PORTABLE }, { type: "module" });
    const { default: webpack } = await import(join(tools, "webpack/lib/index.js"));
    const config = { mode: "production", target: "web", context: folder, entry: "./main.js" };
    const output = { path: join(folder, "dist"), filename: "out.js" };
    await new Promise((resolve, reject) => {
      webpack({ ...config, output }, (error, stats) => {
        if (error || stats.hasErrors()) reject(error ?? new Error(stats.toString()));
        else resolve();
      });
    });
    return runBundle(join(folder, "dist/out.js"));
  },
  "deno, npm package": needs(deno, () => {
    const folder = consumer("deno", { "main.mjs": PORTABLE });
    // No permission: the core needs none.
    const flags = ["run", "--no-remote", "--node-modules-dir=manual"];
    expectSaid(call(deno, [...flags, "main.mjs"], { cwd: folder }));
  }),
  // Sources as they are, as that registry serves them.
  "deno, sources as on JSR": needs(deno, () => {
    const folder = join(home, "jsr");
    mkdirSync(folder);
    const imports = { corral: join(root, "src/index.ts") };
    writeFileSync(join(folder, "deno.json"), JSON.stringify({ imports }));
    writeFileSync(join(folder, "main.ts"), `// @ts-nocheck\n${PORTABLE}`);
    const flags = ["run", "--no-remote", "--allow-env", "--allow-read", "--check"];
    expectSaid(call(deno, [...flags, "main.ts"], { cwd: folder }));
  }),
  // All that is checked before something is published there; nothing is sent.
  "deno, publishing to JSR": needs(deno, () => {
    const folder = join(home, "jsr-publish");
    mkdirSync(folder);
    for (const file of ["jsr.json", ...jsr.publish.include]) {
      cpSync(join(root, file), join(folder, file), { recursive: true });
    }
    const flags = ["publish", "--dry-run", "--allow-dirty", "--no-remote"];
    call(deno, flags, { cwd: folder });
  }),
  bun: needs(bun, () => {
    const folder = consumer("bun", { "main.mjs": PORTABLE });
    expectSaid(call(bun, ["run", "main.mjs"], { cwd: folder }));
  }),
});
for (const major of ["22", "24", "26"]) {
  const arch = `node-${major}-linux-${process.arch}`;
  const binary = join(runtimes, arch, "bin/node");
  consumers[`node ${major}, import and require`] = needs(binary, () => {
    const folder = consumer(`node${major}`, {
      "main.mjs": PORTABLE,
      "main.cjs": `${USES}main(require("corral")).then((said) => console.log(said));`,
    });
    for (const file of ["main.mjs", "main.cjs"]) node(binary)(folder)(file);
  });
}

let failed = 0;
for (const [name, use] of Object.entries(consumers)) {
  if (wanted.length > 0 && !wanted.some((each) => name.includes(each))) continue;
  if (use === MISSING) {
    console.log(`skipped  ${name}: not in runtimes/node_modules, see \`npm run test:runtimes\``);
    if (strict) failed++;
    continue;
  }
  try {
    await Promise.resolve(use());
    console.log(`ok       ${name}`);
  } catch (error) {
    failed++;
    console.log(`FAILED   ${name}\n${error.stack}`);
  }
}
process.exitCode = failed === 0 ? 0 : 1;
