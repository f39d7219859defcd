// Follows every link of the built site within it, to its page and its anchor. Fails if one leads nowhere.
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";

const site = fileURLToPath(new URL(".vitepress/dist", import.meta.url));
const base = process.env.SITE_BASE ?? "/";

const files = readdirSync(site, { recursive: true }).filter((name) => name.endsWith(".html"));
const texts = new Map(files.map((name) => [name, readFileSync(join(site, name), "utf8")]));
const unescape = (text) => text.replaceAll("&amp;", "&").replaceAll("&quot;", '"');

/** What can be linked to in each page. */
const anchors = new Map(
  [...texts].map(([name, text]) => [
    name,
    new Set(Array.from(text.matchAll(/\sid="([^"]*)"/g), ([, id]) => unescape(id))),
  ]),
);

function problemOf(href, page) {
  const [path, hash] = href.split("#");
  const decoded = decodeURI(path.split("?")[0]);
  if (decoded.startsWith("/") && !decoded.startsWith(base)) return "it is outside of the site";
  const target = decoded.startsWith("/")
    ? join(site, decoded.slice(base.length))
    : join(site, decoded === "" ? page : join(dirname(page), decoded));
  const file =
    existsSync(target) && statSync(target).isDirectory() ? join(target, "index.html") : target;
  if (!existsSync(file)) return "there is no such page";
  if (hash === undefined || hash === "") return undefined;
  const known = anchors.get(relative(site, file));
  return known?.has(decodeURIComponent(hash)) ? undefined : "the page has no such anchor";
}

let count = 0;
const dead = new Set();
for (const [page, text] of texts) {
  for (const [, , link] of text.matchAll(/\s(href|src)="([^"]*)"/g)) {
    const href = unescape(link);
    if (/^[a-z]+:|^\/\//.test(href)) continue;
    count++;
    const problem = problemOf(href, page);
    if (problem !== undefined) dead.add(`${page}: ${href}: ${problem}`);
  }
}
for (const line of dead) console.error(line);
console.log(`${count} links in ${files.length} pages, ${dead.size} dead`);
if (files.length === 0 || dead.size > 0) process.exitCode = 1;
