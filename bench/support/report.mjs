// Prints a table and hands it to run.mjs, which keeps it in results/.

export function heading(title, note = "") {
  console.log(`\n${title}${note === "" ? "" : `  (${note})`}`);
}

/** `columns`: `[header, width]`; `rows`: arrays of text, the first cell of each is its name. */
export function printRows(columns, rows) {
  const line = (cells) =>
    cells
      .map((cell, i) => (i === 0 ? cell.padEnd(columns[0][1]) : cell.padStart(columns[i][1])))
      .join("");
  console.log(`  ${line(columns.map(([header]) => header))}`);
  for (const row of rows) console.log(`  ${line(row)}`);
}

export function record(result) {
  process.send?.(result);
}

/** A goal is told, never enforced here: `run.mjs --check` makes a missed one fail. */
export function goal(text, met, detail) {
  console.log(`  goal ${met ? "met   " : "MISSED"}  ${text}: ${detail}`);
  record({ goal: text, met, detail });
}

export function ns(value) {
  if (value >= 1e6) return `${(value / 1e6).toFixed(2)} ms`;
  if (value >= 1e4) return `${(value / 1e3).toFixed(1)} us`;
  if (value >= 1e3) return `${(value / 1e3).toFixed(2)} us`;
  return `${value.toFixed(value < 10 ? 1 : 0)} ns`;
}

export function times(value) {
  return `x${value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2)}`;
}
