// A server for http.mjs, in a process of its own: each answer is 1 KiB.
import { createServer } from "node:http";

const body = Buffer.alloc(1024, "x");
const server = createServer({ keepAliveTimeout: 120_000 }, (_request, response) => {
  response.writeHead(200, { "content-length": body.length, "content-type": "text/plain" });
  response.end(body);
});
server.listen(0, "127.0.0.1", () => process.send(server.address().port));
process.on("disconnect", () => process.exit());
