// One table: every case does the same work, the first one is the floor.
//
// All cases take turns within a round, in an order shuffled anew, after a full collection. What counts
// is the median over the rounds of (case / floor of the same round): what slows the machine down for a
// while slows both. tinybench does the timing of one case in one round.
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { Bench } from "tinybench";

import { options } from "./options.mjs";
import { goal, heading, ns, printRows, record, times } from "./report.mjs";
import { median, quantile, shuffled } from "./statistics.mjs";

setFlagsFromString("--expose-gc");
export const collect = globalThis.gc ?? runInNewContext("gc");

/**
 * `cases`: name to function; one call does `ops` operations, or the case is `{ ops, run }`.
 * A case that is `undefined` is left out (a peer that does not load on this runtime).
 * `goals`: name to `{ times?, ns?, leads? }`: at most so many floors, at most so many ns, and how
 * many times as much those cases cost at least.
 */
export async function table(
  title,
  { ops, rounds = options.rounds, timeMs = options.timeMs, goals = {} },
  cases,
) {
  if (!options.table.test(title)) return;
  const bench = new Bench({
    time: timeMs,
    iterations: 1,
    warmupTime: timeMs * 2,
    warmupIterations: 2,
    throws: true,
  });
  const all = [];
  for (const [name, definition] of Object.entries(cases)) {
    if (definition === undefined || (all.length > 0 && !options.only.test(name))) continue;
    const run = definition.run ?? definition;
    bench.add(name, run, { async: true });
    all.push({ name, ops: definition.ops ?? ops, task: bench.getTask(name), perOp: [] });
  }
  for (const each of shuffled(all)) {
    collect();
    await each.task.warmup();
  }
  for (let round = 0; round < rounds; round++) {
    for (const each of shuffled(all)) {
      collect();
      each.task.reset();
      await each.task.run();
      // The mean, not the median, of the round: collections are part of the cost.
      each.perOp.push((each.task.result.latency.mean * 1e6) / each.ops);
    }
  }

  const floor = all[0];
  const rows = all.map(({ name, perOp }) => {
    const ratios = perOp.map((value, round) => value / floor.perOp[round]);
    return {
      name,
      ns: median(perOp),
      minNs: Math.min(...perOp),
      times: median(ratios),
      spread: [quantile(ratios, 0.1), quantile(ratios, 0.9)],
    };
  });
  heading(title, `${rounds} rounds, ${process.version}`);
  printRows(
    [
      ["", 46],
      ["median", 11],
      ["min", 11],
      ["x floor", 10],
      ["spread", 16],
    ],
    rows.map((row) => [
      row.name,
      ns(row.ns),
      ns(row.minNs),
      times(row.times),
      row.spread.map(times).join(".."),
    ]),
  );
  record({ title, rows });
  // The targets are for Node 24; elsewhere the same promises cost other multiples of the floor.
  if (!process.version.startsWith("v24.")) return;
  for (const [name, target] of Object.entries(goals)) check(rows, name, target);
}

function check(rows, name, { times: most, ns: mostNs, leads = {} }) {
  const find = (wanted) => rows.find((row) => row.name === wanted);
  const row = find(name);
  if (row === undefined) return;
  if (most !== undefined) goal(`${name} <= ${times(most)}`, row.times <= most, times(row.times));
  if (mostNs !== undefined) goal(`${name} <= ${ns(mostNs)}`, row.ns <= mostNs, ns(row.ns));
  for (const [peer, lead] of Object.entries(leads)) {
    const other = find(peer);
    if (other === undefined) continue;
    const ratio = other.times / row.times;
    goal(`${peer} costs >= ${times(lead)} of ${name}`, ratio >= lead, times(ratio));
  }
}
