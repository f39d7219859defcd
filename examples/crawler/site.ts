import { once } from "node:events";
import { createServer, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/**
 * A site of `pages` pages on this machine, each with links to two others. Every tenth page is busy at first,
 * and one is always broken.
 */
export class Site implements AsyncDisposable {
  readonly #server: Server;
  readonly #visits = new Map<string, number>();

  private constructor(server: Server, pages: number) {
    this.#server = server;
    server.on("request", ({ url = "/" }, response) => {
      const visits = (this.#visits.get(url) ?? 0) + 1;
      this.#visits.set(url, visits);
      answer(Number(url.slice(1) || 0), visits, pages, response);
    });
  }

  static async open(pages: number): Promise<Site> {
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    return new Site(server, pages);
  }

  get start(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = once(this.#server.close(), "close");
    this.#server.closeAllConnections();
    await closed;
  }
}

function answer(page: number, visits: number, pages: number, response: ServerResponse): void {
  if (page === 7) {
    response.writeHead(404).end("no such page");
  } else if (page % 10 === 5 && visits === 1) {
    response.writeHead(503, { "retry-after": "0" }).end("busy");
  } else {
    const links = [2 * page + 1, 2 * page + 2].filter((link) => link < pages);
    const list = links.map((link) => `<a href="/${link}#top">${link}</a>`).join(" ");
    response.end(`<title>Page ${page}</title>${list}<a href="https://elsewhere.invalid/">away</a>`);
  }
}
