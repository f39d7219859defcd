// Two tasks that only ever wake each other. A promise that is ready never lets the event loop turn;
// the library hops to the macrotask queue now and then, so that timers and sockets are served.
import { createServer } from "node:http";
import { Worker } from "node:worker_threads";

import { limit, taskGroup } from "../dist/index.js";
import { grantFirst, park, placeOf, WaitQueue } from "../dist/cancel/wait.js";
import { options } from "./support/options.mjs";
import { goal, heading, printRows, record } from "./support/report.mjs";

const ROUNDS = 1_000_000;
const MOST_LAG_MS = 50;

/** Two sides of a ping-pong; each waits for the other's ball, `turns` times. */
const players = {
  "plain promises (no budget)": async (turns) => {
    let wake;
    let ball = new Promise((resolve) => (wake = resolve));
    const serve = ball;
    const side = async () => {
      for (let i = 0; i < turns; i++) {
        const previous = wake;
        const mine = (ball = new Promise((resolve) => (wake = resolve)));
        previous();
        if (i < turns - 1) await mine;
      }
      wake();
    };
    await Promise.all([side(), serve.then(side)]);
  },
  "corral: waits of the kernel": (turns) => {
    const lines = [new WaitQueue("ping"), new WaitQueue("pong")];
    const side = async (mine, other, serves) => {
      for (let i = 0; i < turns; i++) {
        if (!serves || i > 0) await park(mine, placeOf(undefined), undefined).promise;
        grantFirst(other);
      }
    };
    return Promise.all([side(lines[0], lines[1], false), side(lines[1], lines[0], true)]);
  },
  "corral: a limit of one, contended": (turns) => {
    const run = limit(1);
    const side = async () => {
      for (let i = 0; i < turns; i++) await run(() => {});
    };
    return Promise.all([side(), side()]);
  },
  "corral: a limit of one in a group": (turns) => {
    const run = limit(1);
    const side = async () => {
      for (let i = 0; i < turns; i++) await run(() => {});
    };
    return taskGroup((group) => {
      group.spawn(side);
      group.spawn(side);
    });
  },
};

// Asks the server again and again, from a thread of its own, and tells the worst answer.
const client = `
  const { parentPort, workerData } = require("node:worker_threads");
  const { Agent, get } = require("node:http");
  const agent = new Agent({ keepAlive: true });
  let worst = 0, count = 0, stopped = false;
  parentPort.on("message", (message) => {
    if (message === "reset") { worst = 0; count = 0; }
    else stopped = true;
  });
  const ask = () => {
    const start = performance.now();
    get({ port: workerData, agent, host: "127.0.0.1" }, (response) => {
      response.resume();
      response.on("end", () => {
        worst = Math.max(worst, performance.now() - start);
        count++;
        if (stopped) {
          parentPort.postMessage({ worst, count });
          parentPort.close();
          agent.destroy();
        } else setTimeout(ask, 1);
      });
    });
  };
  parentPort.postMessage("ready");
  ask();
`;

const turn = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

async function measure(play) {
  const server = createServer((_, response) => response.end("ok"));
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const worker = new Worker(client, { eval: true, workerData: server.address().port });
  await new Promise((resolve) => worker.once("message", resolve));
  await turn(100);
  worker.postMessage("reset");
  await turn(20);

  let previous = performance.now();
  let lagMs = 0;
  let fired = 0;
  const timer = setInterval(() => {
    const now = performance.now();
    lagMs = Math.max(lagMs, now - previous - 1);
    previous = now;
    fired++;
  }, 1);
  const started = performance.now();
  await play(ROUNDS);
  const totalMs = performance.now() - started;
  await turn(5);
  clearInterval(timer);
  worker.postMessage("stop");
  const { worst, count } = await new Promise((resolve) => worker.once("message", resolve));
  server.close();
  return { totalMs, lagMs, fired, requestMs: worst, requests: count };
}

heading("starvation: two tasks, a million turns each", process.version);
const rows = [];
for (const [name, play] of Object.entries(players)) {
  if (!options.only.test(name)) continue;
  await play(10_000);
  rows.push({ name, ...(await measure(play)) });
}
const ms = (value) => `${value.toFixed(1)} ms`;
printRows(
  [
    ["", 40],
    ["worst timer lag", 17],
    ["worst request", 15],
    ["timer fired", 13],
    ["requests", 10],
    ["in all", 12],
  ],
  rows.map((row) => [
    row.name,
    ms(row.lagMs),
    ms(row.requestMs),
    String(row.fired),
    String(row.requests),
    ms(row.totalMs),
  ]),
);
record({ title: "starvation", rows });
for (const { name, lagMs, requestMs } of rows) {
  if (!name.startsWith("corral")) continue;
  const worst = Math.max(lagMs, requestMs);
  goal(`${name}: timers and requests within ${MOST_LAG_MS} ms`, worst <= MOST_LAG_MS, ms(worst));
}
