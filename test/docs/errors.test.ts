import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";

const root = join(import.meta.dirname, "../..");
const page = readFileSync(join(root, "docs/errors.md"), "utf8");

/** All published entries, the portable one and those beside it, and what they export. */
const entries = await Promise.all(
  readdirSync(join(root, "src"), { recursive: true, encoding: "utf8" })
    .filter((name) => /(?:^|[/\\])index\.ts$/.test(name))
    .toSorted()
    .map(async (name): Promise<[string, Record<string, unknown>]> => {
      return [name, await import(join(root, "src", name))];
    }),
);

describe("docs/errors.md", () => {
  test.each(entries)("has a section for each error class of src/%s", (_entry, exported) => {
    for (const [name, value] of Object.entries(exported)) {
      const isError = typeof value === "function" && value.prototype instanceof Error;
      if (isError) expect(page).toMatch(new RegExp(`^## ${name}$`, "m"));
    }
  });

  test("has a row for each kind of report", () => {
    const kinds = new Set<string>();
    for (const name of readdirSync(join(root, "src"), { recursive: true, encoding: "utf8" })) {
      if (!name.endsWith(".ts")) continue;
      const text = readFileSync(join(root, "src", name), "utf8");
      for (const [, kind] of text.matchAll(/report\(\s*"\w+",\s*\{\s*kind: "([a-z-]+)"/g)) {
        kinds.add(kind!);
      }
    }
    expect(kinds.size).toBeGreaterThan(5);
    for (const kind of kinds) expect(page).toContain(`| \`${kind}\` |`);
  });
});
