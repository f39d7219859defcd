// The part of docs/benchmarks.md about promises: of each family of packages a table of what is kept, and
// for each promise what they did.

export const isPromise = ({ rows }) => rows?.some((row) => "said" in row) === true;

const safe = (text) => text.replaceAll("|", "\\|").replaceAll("<", "&lt;");
const word = ({ kept, figure }) => figure ?? (kept === undefined ? "—" : kept ? "yes" : "**no**");

function table(head, rows) {
  const line = (cells) => `| ${cells.join(" | ")} |`;
  return [line(head), `|${head.map(() => "---|").join("")}`, ...rows.map(line)].join("\n");
}

function byFamily(recorded) {
  const families = new Map();
  for (const { title, rows } of recorded.filter(isPromise)) {
    const [family, promise] = title.split(/: (.*)/s);
    if (!families.has(family)) families.set(family, []);
    families.get(family).push({ promise, rows });
  }
  return families;
}

function overview(promises) {
  const names = [...new Set(promises.flatMap(({ rows }) => rows.map(({ name }) => name)))];
  const cell = (name, rows) => {
    const words = rows.filter((row) => row.name === name).map(word);
    return [...new Set(words)].join(" / ");
  };
  const rows = names.map((name) => [safe(name), ...promises.map((each) => cell(name, each.rows))]);
  return table(["", ...promises.map((_, i) => String(i + 1))], rows);
}

function detail({ promise, rows }, number) {
  // A figure stands where the others have a word.
  const cells = rows.map((row) => [
    safe([row.name, row.how].filter(Boolean).join(", ")),
    word(row),
    row.figure === undefined ? safe(row.said) : "",
  ]);
  return `${number}. **${safe(promise)}**\n\n${table(["", "kept", "what it did"], cells)
    .split("\n")
    .map((line) => `   ${line}`)
    .join("\n")}\n`;
}

/** The section, of the results of one version of Node; nothing if none of them is about promises. */
export function promisesSection(results) {
  const told = results.filter(({ recorded }) => recorded.some(isPromise));
  if (told.length === 0) return [];
  const dates = [...new Set(told.map(({ date }) => date?.slice(0, 10)))].filter(Boolean);
  const parts = [
    `### What each keeps of its promises

${dates.length === 0 ? "" : `${dates.join(", ")}. `}Each package was run, used as its manual says. "—" is what it does not offer, a number what was counted, and two words
stand for two ways that it has. Not every "no" is a fault: some is documented. The tables say what differs.
`,
  ];
  const versions = told.flatMap(({ recorded }) => recorded.flatMap((each) => each.versions ?? []));
  if (versions.length > 0)
    parts.push(`Run with ${[...new Set(versions)].toSorted().join(", ")}.\n`);
  for (const { recorded } of told) {
    for (const [family, promises] of byFamily(recorded)) {
      parts.push(`#### Promises: ${family}\n`, `${overview(promises)}\n`);
      parts.push(...promises.map((each, i) => detail(each, i + 1)));
    }
  }
  return parts;
}
