import { readFileSync } from "node:fs";

const { devDependencies } = JSON.parse(
  readFileSync(new URL("../package.json", import.meta.url), "utf8"),
);
const loaded = new Set();

/** A peer, or `undefined` where this runtime is too old for it. */
export async function peer(name) {
  try {
    const module = await import(name);
    loaded.add(name);
    return module;
  } catch (error) {
    console.log(`  ${name} does not load on Node ${process.version}: ${error.message}`);
    return undefined;
  }
}

/** The peers that were loaded, with their versions. */
export const versions = () =>
  [...loaded].sort().map((name) => `${name} ${devDependencies[name] ?? ""}`.trim());
