// The flags that run.mjs hands on to every bench file, which also takes them when run by hand.
import { parseArgs } from "node:util";

const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "9" },
    time: { type: "string", default: "60" },
    only: { type: "string", default: "" },
    table: { type: "string", default: "" },
  },
});

export const options = {
  /** Rounds per table; each runs every case once. */
  rounds: Math.max(1, Number(values.rounds)),
  /** Milliseconds a case runs within a round. */
  timeMs: Number(values.time),
  /** Cases to keep: a regular expression on their names. The floor always stays. */
  only: new RegExp(values.only, "i"),
  /** Tables to keep: a regular expression on their titles. */
  table: new RegExp(values.table, "i"),
};
