// Which files of the repository are pages of the site, and where they are on it.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export const root = fileURLToPath(new URL("..", import.meta.url));

/** Pages of docs/ in the order in which they are listed. What is not named here comes after them. */
const ORDER = [
  "sync-and-channels.md",
  "caching.md",
  "adaptive-limits.md",
  "pool.md",
  "http.md",
  "databases.md",
  "errors.md",
  "coming-from.md",
  "runtimes.md",
  "benchmarks.md",
  "performance.md",
  "reliability.md",
  "eviction.md",
  "conformance.md",
  "architecture.md",
];

function titleOf(file) {
  const [, title] = /^# (.+)$/m.exec(readFileSync(join(root, file), "utf8")) ?? [];
  if (title === undefined) throw new Error(`${file} has no title`);
  return title.replaceAll("`", "");
}

function pagesIn(folder) {
  if (!existsSync(join(root, folder))) return [];
  return readdirSync(join(root, folder))
    .filter((name) => name.endsWith(".md") && name !== "README.md")
    .toSorted()
    .map((name) => ({ name, file: `${folder}/${name}`, title: titleOf(`${folder}/${name}`) }));
}

/** The folders that have nothing to be shown. */
export function foldersWithoutPages() {
  const shown = ["docs", "site"];
  return readdirSync(root, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && !shown.includes(entry.name))
    .map(({ name }) => `${name}/**`);
}

/** Where a page is on the site: its path without a slash at the start. */
export function placeOf(file) {
  const [first, ...rest] = file.split("/");
  if (file === "README.md") return "index.md";
  if (rest.length === 0) return file.toLowerCase().replaceAll("_", "-");
  const place = first === "site" ? rest.slice(1).join("/") : rest.join("/");
  return place.replace(/(^|\/)README\.md$/, "$1index.md");
}

/** What a folder is shown as. */
export const INDEXES = {
  docs: "README.md",
  "docs/guide": "docs/guide/README.md",
  "docs/decisions": "site/generated/decisions/index.md",
};

const rank = ({ name }) => (ORDER.includes(name) ? ORDER.indexOf(name) : ORDER.length);

export const guide = () => pagesIn("docs/guide");
export const decisions = () => pagesIn("docs/decisions");
export const topics = () => pagesIn("docs").toSorted((a, b) => rank(a) - rank(b));
