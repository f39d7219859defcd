// Streams 100,000 URLs of a generator through an HTTP pool, from a server in another process, and fails when
// the heap grows or the server sees more connections at once than the pool may have. Needs dist/.
//
// node --expose-gc scripts/http-flat-heap.mjs [--undici] [--requests 100000]

import { fork } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:http";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const PER_ORIGIN = 50;
const MOST_BYTES = 8 << 20;

if (process.send !== undefined) serve();
else await run();

function serve() {
  let open = 0;
  let peak = 0;
  const server = createServer({ keepAliveTimeout: 120_000 }, (_request, response) => {
    response.end("a page of no great length");
  });
  server.on("connection", (socket) => {
    peak = Math.max(peak, ++open);
    socket.once("close", () => open--);
  });
  server.listen(0, "127.0.0.1", () => process.send({ port: server.address().port }));
  process.on("message", () => process.send({ peak }));
  process.on("disconnect", () => process.exit());
}

async function run() {
  const { values } = parseArgs({
    options: {
      undici: { type: "boolean", default: false },
      requests: { type: "string", default: "100000" },
    },
  });
  const requests = Number(values.requests);
  const entry = values.undici ? "../dist/http/undici.js" : "../dist/http/index.js";
  const { httpPool } = await import(entry);
  const server = fork(fileURLToPath(import.meta.url), { execArgv: [] });
  const [{ port }] = await once(server, "message");
  const http = httpPool({ perOrigin: PER_ORIGIN });
  function* urls() {
    for (let i = 0; i < requests; i++) yield `http://127.0.0.1:${port}/${i}`;
  }

  const heap = [];
  const started = performance.now();
  let done = 0;
  for await (const result of http.stream(urls(), { parse: (response) => response.text() })) {
    if (!result.ok) throw result.error;
    if (++done % Math.ceil(requests / 10) === 0) heap.push(await heapUsed());
  }
  const seconds = (performance.now() - started) / 1000;
  const said = once(server, "message");
  server.send("peak");
  const [{ peak }] = await said;
  const { active, calls, origins } = http.stats();
  await http.close();
  server.disconnect();

  const growth = Math.max(...heap) - heap[0];
  console.log(
    `${done} requests in ${seconds.toFixed(1)} s; heap in MB after each tenth: ${heap.map(mb).join(" ")}`,
  );
  console.log(
    `connections at once: ${peak} of ${PER_ORIGIN}; left: ${active} active, ${calls} calls, ${origins} origins`,
  );
  const left = active + calls + origins;
  if (done !== requests || growth > MOST_BYTES || peak > PER_ORIGIN || left > 0) {
    console.error(
      `FAILED: the heap grew by ${mb(growth)} MB, of which ${mb(MOST_BYTES)} are allowed`,
    );
    process.exitCode = 1;
  }
}

function mb(bytes) {
  return (bytes / 2 ** 20).toFixed(1);
}

async function heapUsed() {
  for (let i = 0; i < 3; i++) {
    await new Promise((resolve) => setImmediate(resolve));
    globalThis.gc?.();
  }
  return process.memoryUsage().heapUsed;
}
