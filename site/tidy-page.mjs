// Makes a page of the API reference shorter: what says nothing to a reader is left out.

/** Splits a page at its headings; those in code are none. */
function sectionsOf(text) {
  const sections = [{ level: 0, title: "", lines: [] }];
  let code = false;
  for (const line of text.split("\n")) {
    if (line.startsWith("```")) code = !code;
    const heading = code ? null : /^(#{1,6}) (.*)$/.exec(line);
    if (heading === null) sections.at(-1).lines.push(line);
    else sections.push({ level: heading[1].length, title: heading[2], lines: [] });
  }
  return sections;
}

function bodyOf({ lines }) {
  return lines
    .filter((line) => line !== "***")
    .join("\n")
    .trim();
}

/** Where something comes from that cannot be imported. */
const isInternal = (body) => !body.includes("](");

/** A table of type parameters with nothing but their names, which the signature has, too. */
const isBare = (body) => /^\| Type Parameter \|\n/.test(body);

function isNeedless({ title }, body, around) {
  if (title === "Overrides" || title === "Inherited from") return true;
  if (title === "Extends") return isInternal(body);
  // A constructor gives what it is the constructor of.
  if (title === "Returns") return body === "`void`" || around === "Constructor";
  return title === "Type Parameters" && isBare(body);
}

/** @returns The page without what is needless, and with one list of all that is thrown. */
export function tidy(text) {
  const kept = [];
  for (const section of sectionsOf(text)) {
    const body = bodyOf(section);
    const { level, title } = section;
    const around = kept.findLast((one) => one.level < level)?.title;
    if (isNeedless(section, body, around)) continue;
    const last = kept.at(-1);
    if (title !== "Throws") kept.push({ level, title, body });
    else if (last?.title === title && last.level === level) last.body += `\n${item(body)}`;
    else kept.push({ level, title, body: item(body) });
  }
  const parts = kept.map(({ level, title, body }) =>
    [level === 0 ? "" : `${"#".repeat(level)} ${title}`, body].filter(Boolean).join("\n\n"),
  );
  return `${parts.filter(Boolean).join("\n\n")}\n`;
}

function item(body) {
  return `- ${body.replaceAll("\n", "\n  ")}`;
}
