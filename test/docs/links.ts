import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join, relative } from "node:path";

const root: string = join(import.meta.dirname, "../..");

/** A page as it is read: without code, in which nothing is a link or a heading. */
function textOf(file: string): string {
  return readFileSync(file, "utf8")
    .replaceAll(/^```[\s\S]*?^```$/gm, "")
    .replaceAll(/<!--[\s\S]*?-->/g, "");
}

/** The anchors of a page's headings, as the places that show Markdown make them. */
function anchorsOf(file: string): Set<string> {
  const anchors = new Set<string>();
  for (const [, heading] of textOf(file).matchAll(/^#{1,6} (.+)$/gm)) {
    const slug = heading!
      .replaceAll(/\[([^\]]*)\]\([^)]*\)/g, "$1")
      .trim()
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{M}\p{N}_ -]/gu, "")
      .replaceAll(" ", "-");
    let anchor = slug;
    for (let n = 1; anchors.has(anchor); n++) anchor = `${slug}-${n}`;
    anchors.add(anchor);
  }
  return anchors;
}

/** The pages of the repository whose links are checked. */
export function pages(): string[] {
  return [
    ...readdirSync(root),
    ...readdirSync(join(root, "docs"), { recursive: true, encoding: "utf8" }).map((name) =>
      join("docs", name),
    ),
  ].filter((name) => name.endsWith(".md"));
}

/** The links of a page that lead nowhere. Those to other sites are not looked at. */
export function deadLinks(page: string): string[] {
  const file = join(root, page);
  const dead: string[] = [];
  const text = textOf(file).replaceAll(/`[^`\n]*`/g, "");
  for (const [, link] of text.matchAll(/\]\(([^)\s]+)\)/g)) {
    if (/^[a-z]+:/.test(link!)) continue;
    const [path = "", anchor] = link!.split("#");
    const target = path === "" ? file : join(dirname(file), path);
    if (!existsSync(target)) {
      dead.push(`${link}: there is no ${relative(root, target)}`);
    } else if (anchor !== undefined) {
      const known = statSync(target).isFile() && anchorsOf(target).has(anchor);
      if (!known) dead.push(`${link}: there is no such heading`);
    }
  }
  return dead;
}
