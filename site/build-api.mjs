// Writes the API reference, from the doc comments of src/, to generated/api/: a page for each public name.
//
// The entries are those of package.json. A name of the portable entry is listed under the layer of src/
// that it comes from.
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { Application, Comment, CommentTag, Converter, PageEvent, ReflectionKind } from "typedoc";
import { slugify } from "./slugify.mjs";
import { tidy } from "./tidy-page.mjs";

const here = fileURLToPath(new URL(".", import.meta.url));
const root = join(here, "..");

/** What the layers are called, in the order in which they are listed. */
const LAYERS = {
  cancel: "Scopes and cancellation",
  task: "Tasks",
  sync: "Synchronisation",
  channel: "Channels",
  limit: "Limits",
  stream: "Streams",
  cache: "Caching",
  resilience: "Resilience",
  pool: "Pools",
};

/** What there is while the program runs: all but types. */
const VALUES = ReflectionKind.Class | ReflectionKind.Function | ReflectionKind.Variable;

/** The published entries: the name that is imported, and the source of it. */
function entries() {
  const { name, exports } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  return Object.entries(exports)
    .filter(([, target]) => typeof target === "object")
    .map(([path, { types }]) => {
      const source = types.replace("./dist/", "src/").replace(/\.d\.ts$/, ".ts");
      if (!existsSync(join(root, source))) throw new Error(`no source of ${path}: ${source}`);
      return { name: name + path.slice(1), source: join(root, source) };
    });
}

const published = entries();
const out = join(here, "generated/api");
rmSync(out, { recursive: true, force: true });

const app = await Application.bootstrapWithPlugins({
  name: "API",
  plugin: ["typedoc-plugin-markdown", "typedoc-vitepress-theme"],
  entryPoints: published.map(({ source }) => source),
  tsconfig: join(here, "tsconfig.json"),
  disableSources: true,
  readme: "none",
  excludeInternal: true,
  excludePrivate: true,
  excludeExternals: true,
  preservedTypeAnnotationTags: ["@throws"],
  categorizeByGroup: false,
  defaultCategory: "All",
  categoryOrder: Object.values(LAYERS),
  kindSortOrder: ["Module", "Class", "Function", "Variable", "Interface", "TypeAlias"],
  sort: ["kind", "alphabetical-ignoring-documents"],
  navigation: { includeCategories: true, includeGroups: false, includeFolders: false },
  validation: { notExported: false, invalidLink: true, rewrittenLink: true },
  treatWarningsAsErrors: true,
  // Of typedoc-plugin-markdown and its theme.
  out,
  docsRoot: join(here, "generated"),
  entryFileName: "index",
  hideBreadcrumbs: true,
  hidePageHeader: true,
  useCodeBlocks: true,
  parametersFormat: "table",
  expandParameters: true,
  typeDeclarationFormat: "table",
  interfacePropertiesFormat: "list",
  indexFormat: "table",
  sidebar: { autoConfiguration: true, format: "vitepress", pretty: true, collapsed: true },
});

/** The first page: the entries, and what there is in each. */
function index(project) {
  const lines = ["# API", "", "What can be imported, with the comments that it has in the source."];
  for (const module of project.children) {
    lines.push("", `## [${module.name}](./${module.name}/index.md)`, "");
    for (const { title, children } of module.categories ?? [
      { title: "", children: module.children },
    ]) {
      const names = children
        .filter((child) => child.kindOf(VALUES))
        .map(({ name }) => `\`${name}\``);
      const topic = `[${title}](./${module.name}/index.md#${slugify(title)}): `;
      lines.push(`- ${title === "" ? "" : topic}${names.join(", ")}`);
    }
  }
  return `${lines.join("\n")}\n`;
}

/** All comments of a reflection and of what is in it. */
function* commentsOf(reflection) {
  if (reflection.comment !== undefined) yield reflection.comment;
  const inner = [];
  reflection.traverse((child) => void inner.push(child));
  for (const child of inner) yield* commentsOf(child);
}

/** The file that something is declared in. */
function fileOf(context, reflection) {
  const symbol = context.getSymbolFromReflection(reflection);
  return symbol?.declarations?.[0]?.getSourceFile().fileName ?? "";
}

app.converter.on(Converter.EVENT_RESOLVE_BEGIN, (context) => {
  // What stands in braces after @throws is else left out.
  for (const comment of commentsOf(context.project)) {
    for (const tag of comment.getTags("@throws")) {
      const classes = tag.typeAnnotation?.replaceAll(/[{}]/g, "").trim();
      if (classes)
        tag.content.unshift({ kind: "code", text: `\`${classes}\`` }, { kind: "text", text: ": " });
    }
  }
  for (const module of context.project.children ?? []) {
    const file = fileOf(context, module);
    const entry = published.find(({ source }) => source === file);
    if (entry === undefined) throw new Error(`no entry for ${file}`);
    module.name = entry.name;
    for (const child of module.children ?? []) {
      const [from] = relative(join(root, "src"), fileOf(context, child)).split(sep);
      const layer = LAYERS[from];
      if (layer === undefined) continue;
      const commented = child.kindOf(ReflectionKind.Function) ? (child.signatures ?? []) : [child];
      for (const one of commented) {
        one.comment ??= new Comment();
        one.comment.blockTags.push(new CommentTag("@category", [{ kind: "text", text: layer }]));
      }
    }
  }
});

app.renderer.on(PageEvent.END, (page) => {
  page.contents = tidy(page.contents);
});

const project = await app.convert();
if (project === undefined) process.exit(1);
app.validate(project);
if (app.logger.hasErrors() || app.logger.hasWarnings()) process.exit(1);
await app.generateOutputs(project);
writeFileSync(join(out, "index.md"), index(project));
if (app.logger.hasErrors() || app.logger.hasWarnings()) process.exit(1);
