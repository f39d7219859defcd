import { readFileSync } from "node:fs";
import { join } from "node:path";
import { defineConfig } from "vitepress";
import { linksBetweenPages } from "../links.mjs";
import { decisions, foldersWithoutPages, guide, placeOf, root, topics } from "../pages.mjs";
import { slugify } from "../slugify.mjs";

const { name, version, description } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
const api = JSON.parse(readFileSync(join(root, "site/generated/api/typedoc-sidebar.json"), "utf8"));

const here = join(root, "site/");

/** Pages are modules to Vite. Those outside of this folder do not find its packages by themselves. */
const packagesOfThisFolder = {
  name: "packages-of-this-folder",
  enforce: "pre",
  configResolved({ optimizeDeps }) {
    // Looked for from the root of the repository, where they are not; they work as they are.
    optimizeDeps.include = optimizeDeps.include?.filter((id) => !id.startsWith("vitepress > "));
  },
  resolveId(id, importer, options) {
    if (!/^vue(?:\/|$)/.test(id)) return undefined;
    // Rendering runs in this folder, where Node.js finds them.
    if (options.ssr === true) return { id, external: true };
    if (importer === undefined || importer.startsWith(here)) return undefined;
    return this.resolve(id, join(here, "package.json"), options);
  },
};

const icon =
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><circle cx="16" cy="16" r="11" fill="none" stroke="#3451b2" stroke-width="5"/></svg>';

const item = ({ file, title }) => ({ text: title, link: `/${placeOf(file)}` });

/** The entries of the API are open: what is folded are the topics. */
const reference = [
  { text: "API", link: "/api/", items: api.map((entry) => ({ ...entry, collapsed: false })) },
];

const pages = [
  {
    text: "corral",
    items: [
      { text: "Overview", link: "/" },
      { text: "API", link: "/api/" },
      { text: "Changes", link: "/changelog" },
      { text: "Contributing", link: "/contributing" },
    ],
  },
  { text: "Guide", link: "/guide/", items: guide().map(item) },
  { text: "Pages", items: topics().map(item) },
  { text: "Decisions", link: "/decisions/", collapsed: true, items: decisions().map(item) },
];

export default defineConfig({
  title: name,
  description,
  lang: "en",
  base: process.env.SITE_BASE ?? "/",
  srcDir: "..",
  srcExclude: [...foldersWithoutPages(), "site/*.md"],
  rewrites: placeOf,
  outDir: "./.vitepress/dist",
  cleanUrls: false,
  ignoreDeadLinks: false,
  head: [["link", { rel: "icon", href: `data:image/svg+xml,${encodeURIComponent(icon)}` }]],
  markdown: {
    // The comments in code say what is printed: they are to be read in the dark as well.
    theme: { light: "github-light", dark: "github-dark-default" },
    anchor: { slugify },
    toc: { slugify },
    headers: { slugify },
    config: (md) => void md.use(linksBetweenPages),
  },
  vite: {
    plugins: [packagesOfThisFolder],
    // The index of the search, and the pages with the most code. Each is loaded when it is asked for.
    build: { chunkSizeWarningLimit: 2_000 },
  },
  themeConfig: {
    nav: [
      { text: "Guide", link: "/guide/", activeMatch: "^/guide/" },
      { text: "API", link: "/api/", activeMatch: "^/api/" },
      { text: version, link: "/changelog" },
    ],
    sidebar: { "/api/": reference, "/": pages },
    outline: [2, 3],
    search: {
      provider: "local",
      options: {
        // Who searches for a name finds what is told of it before the lists that it is in.
        miniSearch: {
          searchOptions: {
            boostDocument: (id) => {
              if (id.includes("/conformance")) return 0.1;
              return id.includes("/api/") ? 0.5 : 1;
            },
          },
        },
      },
    },
    docFooter: { prev: "Previous", next: "Next" },
  },
});
