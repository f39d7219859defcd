// Links between the files of the repository become links between the pages of the site.
import { existsSync, readFileSync, statSync } from "node:fs";
import { dirname, join, relative, sep } from "node:path";
import { INDEXES, placeOf, root } from "./pages.mjs";

const { repository } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
const repositoryUrl = (typeof repository === "string" ? repository : repository?.url)
  ?.replace(/^git\+/, "")
  .replace(/\.git$/, "");

/**
 * Where a link leads on the site; `undefined` for what is not shown anywhere.
 *
 * @throws {Error} If there is no such file.
 */
function resolve(href, from) {
  const [path, anchor] = href.split("#");
  const target = path === "" ? from : join(dirname(from), decodeURI(path));
  const file = relative(root, target).split(sep).join("/").replace(/\/$/, "");
  if (!existsSync(target)) throw new Error(`${from}: dead link ${href}`);
  const page = statSync(target).isDirectory() ? INDEXES[file] : file;
  const hash = anchor === undefined ? "" : `#${anchor}`;
  if (page?.endsWith(".md")) return `/${placeOf(page)}${hash}`;
  return repositoryUrl && `${repositoryUrl}/blob/HEAD/${file}${hash}`;
}

/** For markdown-it. A link to a file that is not on the site is left out, and its text stays. */
export function linksBetweenPages(md) {
  md.core.ruler.push("links-between-pages", ({ tokens, env }) => {
    for (const { children } of tokens) {
      let dropped = false;
      for (const token of children ?? []) {
        if (token.type === "link_close" && dropped) {
          dropped = false;
          token.hidden = true;
          token.type = "text";
          token.content = "";
        }
        if (token.type !== "link_open") continue;
        const href = token.attrGet("href");
        if (/^[a-z]+:|^\/|^#/.test(href)) continue;
        const place = resolve(href, env.realPath ?? env.path);
        if (place !== undefined) {
          token.attrSet("href", place);
          continue;
        }
        dropped = true;
        token.type = "text";
        token.content = "";
      }
    }
  });
}
