// Two thousand GETs of 1 KiB from a server on this machine, a hundred at once: what the pool costs beside the
// engine that it is on, and beside other clients. Each case reads every body.
import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { httpPool } from "../dist/http/index.js";
import { httpPool as undiciPool } from "../dist/http/undici.js";
import { options } from "./support/options.mjs";
import { peer } from "./support/peers.mjs";
import { ns, record } from "./support/report.mjs";
import { runPython } from "./support/run-python.mjs";
import { median } from "./support/statistics.mjs";
import { table } from "./support/table.mjs";

const REQUESTS = 2_000;
const CONCURRENCY = 100;
const BYTES = 1024;

const server = fork(fileURLToPath(new URL("support/http-server.mjs", import.meta.url)));
const [port] = await once(server, "message");
const url = `http://127.0.0.1:${port}/`;
const urls = Array.from({ length: REQUESTS }, () => url);

const [pLimit, undici, ky, got] = await Promise.all(["p-limit", "undici", "ky", "got"].map(peer));
const limited = (get) => {
  const limit = pLimit.default(CONCURRENCY);
  return async () => check(await Promise.all(urls.map((one) => limit(() => get(one)))));
};

function check(texts) {
  if (texts.length !== REQUESTS || texts.some(({ length }) => length !== BYTES)) {
    throw new Error("not all bodies have arrived");
  }
}

const limits = { total: CONCURRENCY, perOrigin: CONCURRENCY };
const parse = (response) => response.text();
const onFetch = httpPool(limits);
const bare = httpPool({ ...limits, retry: false });
const onUndici = undici && undiciPool(limits);
const agent = undici && new undici.Agent({ connections: CONCURRENCY });

await table(
  `http: ${REQUESTS} GETs of 1 KiB, ${CONCURRENCY} at once, by fetch`,
  { ops: REQUESTS, timeMs: 0, goals: { "corral gather": { times: 1.1 } } },
  {
    "fetch, p-limit (floor)": limited(async (one) => (await fetch(one)).text()),
    "corral gather": async () => check((await onFetch.gather(urls, { parse })).results),
    "corral text, one by one": async () =>
      check(await Promise.all(urls.map((one) => onFetch.text(one)))),
    "corral gather, no retries": async () => check((await bare.gather(urls, { parse })).results),
    "ky, p-limit": ky && limited((one) => ky.default(one).text()),
    "got, p-limit": got && limited((one) => got.default(one).text()),
  },
);

await table(
  `http: ${REQUESTS} GETs of 1 KiB, ${CONCURRENCY} at once, by undici`,
  { ops: REQUESTS, timeMs: 0, goals: { "corral/http/undici gather": { times: 1.1 } } },
  {
    "undici request, p-limit (floor)":
      undici &&
      limited(async (one) => (await undici.request(one, { dispatcher: agent })).body.text()),
    "corral/http/undici gather":
      undici && (async () => check((await onUndici.gather(urls, { parse })).results)),
    "corral/http/undici text, one by one":
      undici && (async () => check(await Promise.all(urls.map((one) => onUndici.text(one))))),
  },
);

pythonRow();
await Promise.all([onFetch, bare, onUndici].map((pool) => pool?.close()));
await agent?.close();
server.disconnect();

/** aiohttp, where python3 has it: another runtime, so without a ratio. */
function pythonRow() {
  if (!options.only.test("python") || !options.table.test("http")) return;
  const measured = runPython("http-python.py", {
    url,
    requests: REQUESTS,
    concurrency: CONCURRENCY,
    rounds: options.rounds,
  });
  if (measured === undefined) return;
  const { version, aiohttp, perOp } = measured;
  const row = { name: `aiohttp ${aiohttp} (python ${version})`, ns: median(perOp) };
  console.log(`  ${row.name.padEnd(46)}${ns(row.ns).padStart(11)}`);
  record({ title: "http: python", rows: [row] });
}
