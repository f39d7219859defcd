import type { Corpus } from "./corpus.ts";
import { hash } from "./faults.ts";

/** One page of the site: a file, or the index of a directory. */
export interface Page {
  /** The links at the top of the page, as HTML. */
  readonly head: Buffer;
  readonly body: Buffer;
}

/**
 * Lays a corpus out as linked pages over several origins.
 *
 * The index of a directory links to what is in it. A file links to its directory, to its
 * neighbour and to some page elsewhere, so that most pages are found many times over. The root is
 * on the first origin, and each directory lives with its files on one of them.
 *
 * @returns The pages by URL.
 */
export function layOut(corpus: Corpus, origins: readonly string[]): Map<string, Page> {
  const directories = listDirectories(corpus.files.keys());
  const all = [...directories.keys(), ...corpus.files.keys()];
  const link = (path: string): string => `<a href="${urlOf(path, origins)}">${path || "/"}</a>\n`;

  const pages = new Map<string, Page>();
  for (const [directory, entries] of directories) {
    const up = directory === "" ? "" : link(parentOf(directory));
    const head = `${title(directory)}<nav>${up}</nav>`;
    const list = entries.map(link).join("");
    pages.set(urlOf(directory, origins), { head: Buffer.from(head), body: Buffer.from(list) });
    for (const [i, file] of entries.entries()) {
      const body = corpus.files.get(file);
      if (body === undefined) continue;
      const neighbour = entries[(i + 1) % entries.length] ?? "";
      const elsewhere = all[hash(file) % all.length] ?? "";
      const links = link(directory) + link(neighbour) + link(elsewhere);
      const fileHead = `${title(file)}<nav>${links}</nav><pre>`;
      pages.set(urlOf(file, origins), { head: Buffer.from(fileHead), body });
    }
  }
  return pages;
}

/** Maps each directory, written with a slash at its end, to its entries. The root is `""`. */
function listDirectories(files: Iterable<string>): Map<string, string[]> {
  const directories = new Map<string, string[]>([["", []]]);
  const add = (path: string): void => {
    const parent = parentOf(path);
    const siblings = directories.get(parent);
    if (siblings) siblings.push(path);
    else {
      directories.set(parent, [path]);
      add(parent);
    }
  };
  for (const file of files) add(file);
  return directories;
}

function parentOf(path: string): string {
  return path.slice(0, path.lastIndexOf("/", path.length - 2) + 1);
}

function urlOf(path: string, origins: readonly string[]): string {
  const directory = path.endsWith("/") ? path : parentOf(path);
  const origin = origins[directory === "" ? 0 : hash(directory) % origins.length] ?? "";
  return new URL(path.split("/").map(encodeURIComponent).join("/"), origin).href;
}

function title(path: string): string {
  return `<!doctype html><meta charset="utf-8"><title>/${path}</title>`;
}
