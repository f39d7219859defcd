// Writes the page that lists the decisions to generated/decisions/.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { decisions, root } from "./pages.mjs";

const folder = join(root, "site/generated/decisions");
const list = decisions().map(
  ({ file, name, title }) => `${Number(name.slice(0, 4))}. [${title}](../../../${file})`,
);
mkdirSync(folder, { recursive: true });
writeFileSync(
  join(folder, "index.md"),
  `# Decisions\n\nWhat was decided where there were several ways, and why.\n\n${list.join("\n")}\n`,
);
