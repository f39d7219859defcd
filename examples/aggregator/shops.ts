import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";

/** Shops on this machine: some quick, one that is busy at first, one that breaks, one that never answers. */
export class Shops implements AsyncDisposable {
  readonly #server: Server;
  #busy = true;

  private constructor(server: Server) {
    this.#server = server;
    server.on("request", (request, response) => {
      const { pathname, searchParams } = new URL(request.url ?? "/", "http://localhost");
      const price = pathname.length * 10 + (searchParams.get("article") ?? "").length;
      const isBusy = pathname === "/corner" && this.#busy;
      if (isBusy) this.#busy = false;
      if (pathname === "/asleep") return;
      if (pathname === "/broken") response.writeHead(500).end("out of order");
      else if (isBusy) response.writeHead(503, { "retry-after": "0" }).end("one moment");
      else response.end(JSON.stringify({ price }));
    });
  }

  static async open(): Promise<Shops> {
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    return new Shops(server);
  }

  /** Where each shop is asked, by its name. */
  get urls(): ReadonlyMap<string, string> {
    const { port } = this.#server.address() as AddressInfo;
    const names = ["market", "corner", "broken", "asleep", "harbour"];
    return new Map(names.map((name) => [name, `http://127.0.0.1:${port}/${name}`]));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = once(this.#server.close(), "close");
    this.#server.closeAllConnections();
    await closed;
  }
}
