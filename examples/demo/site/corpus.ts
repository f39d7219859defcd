import { readdir, readFile, stat } from "node:fs/promises";
import { dirname, extname, join } from "node:path";

/** The files that the demo's site serves. */
export interface Corpus {
  /** Paths like `zod/README.md`, each with its text as escaped HTML. */
  readonly files: ReadonlyMap<string, Buffer>;
  readonly packages: number;
}

const readable = new Set([".md", ".ts", ".mts", ".cts", ".js", ".mjs", ".cjs", ".json"]);
const maxFileBytes = 128 * 1024;

/**
 * Reads the documentation and sources of the installed packages, in order of name, until there
 * are `maxFiles` of them.
 *
 * @throws {Error} If there are not even half as many.
 */
export async function readCorpus(maxFiles: number): Promise<Corpus> {
  const root = await findInstalledPackages(import.meta.dirname);
  const files = new Map<string, Buffer>();
  const packages = new Set<string>();
  for await (const path of walk(root, "")) {
    if (files.size >= maxFiles) break;
    const text = await readFile(join(root, path), "utf8");
    files.set(path, Buffer.from(escapeHtml(text)));
    packages.add(packageOf(path));
  }
  if (files.size < maxFiles / 2) {
    throw new Error(
      `Cannot build a corpus of ${maxFiles} files: found ${files.size}, run "npm ci"`,
    );
  }
  return { files, packages: packages.size };
}

async function findInstalledPackages(from: string): Promise<string> {
  for (let folder = from; ; folder = dirname(folder)) {
    const candidate = join(folder, "node_modules");
    const found = await stat(candidate).catch(() => undefined);
    if (found?.isDirectory()) return candidate;
    if (folder === dirname(folder)) {
      throw new Error(`Cannot find a corpus: no node_modules above ${from}, run "npm ci"`);
    }
  }
}

async function* walk(root: string, folder: string): AsyncGenerator<string> {
  const entries = await readdir(join(root, folder), { withFileTypes: true });
  entries.sort((a, b) => (a.name < b.name ? -1 : 1));
  for (const entry of entries) {
    if (entry.name.startsWith(".")) continue;
    const path = folder === "" ? entry.name : `${folder}/${entry.name}`;
    if (entry.isDirectory()) yield* walk(root, path);
    else if (entry.isFile() && readable.has(extname(entry.name))) {
      const { size } = await stat(join(root, path));
      if (size <= maxFileBytes) yield path;
    }
  }
}

function packageOf(path: string): string {
  return path.split("/", path.startsWith("@") ? 2 : 1).join("/");
}

const entities: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
};

function escapeHtml(text: string): string {
  return text.replace(/[&<>"]/g, (character) => entities[character] ?? character);
}
