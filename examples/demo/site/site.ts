import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import type { Corpus } from "./corpus.ts";
import { faultsOf, type Fault } from "./faults.ts";
import { layOut, type Page } from "./layout.ts";

/** What the site saw of its visitors. */
export interface SiteStats {
  readonly requests: number;
  /** The most requests that were being answered at once. */
  readonly peak: number;
  /** The same for the busiest origin. */
  readonly peakOfOrigin: number;
  readonly faults: Readonly<Record<Fault["kind"], number>>;
}

/**
 * Serves a corpus from several ports of this machine, each an origin, with faults.
 *
 * It answers some requests late, with 503, with half a page, or never; each page answers well
 * after at most two of these.
 */
export class Site implements AsyncDisposable {
  readonly #servers: readonly Server[];
  readonly #origins: readonly string[];
  readonly #pages: ReadonlyMap<string, Page>;
  readonly #faultsLeft = new Map<string, Fault[]>();
  readonly #active: number[];
  /** What to call when the visitor at the other end of a connection hangs up. */
  readonly #leave = new WeakMap<Socket, () => void>();
  readonly #faults = { slow: 0, unavailable: 0, silent: 0, dropped: 0 };
  #requests = 0;
  #peak = 0;
  #peakOfOrigin = 0;

  private constructor(servers: readonly Server[], corpus: Corpus) {
    this.#servers = servers;
    this.#origins = servers.map((server) => {
      const { port } = server.address() as AddressInfo;
      return `http://127.0.0.1:${port}`;
    });
    this.#pages = layOut(corpus, this.#origins);
    this.#active = servers.map(() => 0);
    for (const url of this.#pages.keys()) {
      // By path: the ports differ from run to run, and the faults must not.
      this.#faultsLeft.set(url, [...faultsOf(new URL(url).pathname)]);
    }
    for (const [i, server] of servers.entries()) {
      server.on("connection", (socket) => {
        // The response of a visitor who has hung up closes only some turns of the loop later.
        const hangUp = (): void => this.#leave.get(socket)?.();
        socket.once("end", hangUp).once("error", hangUp);
      });
      server.on("request", (request, response) => this.#answer(i, request, response));
    }
  }

  /** Starts serving `corpus` from `origins` ports that the system chooses. */
  static async open(corpus: Corpus, origins: number): Promise<Site> {
    const servers = Array.from({ length: origins }, () => {
      // Longer than a crawl: no idle connection is closed while a request is on its way to it.
      return createServer({ keepAliveTimeout: 120_000 }).listen(0, "127.0.0.1");
    });
    await Promise.all(servers.map((server) => once(server, "listening")));
    return new Site(servers, corpus);
  }

  /** The URL of the page from which all others can be reached. */
  get start(): string {
    return `${this.#origins[0]}/`;
  }

  get size(): number {
    return this.#pages.size;
  }

  /** The URLs of the pages that are not in `arrived` with all their bytes. */
  missing(arrived: ReadonlyMap<string, number>): string[] {
    const missing: string[] = [];
    for (const [url, { head, body }] of this.#pages) {
      if (arrived.get(url) !== head.length + body.length) missing.push(url);
    }
    return missing;
  }

  stats(): SiteStats {
    return Object.freeze({
      requests: this.#requests,
      peak: this.#peak,
      peakOfOrigin: this.#peakOfOrigin,
      faults: { ...this.#faults },
    });
  }

  /** Closes all ports and breaks the connections that are still open. */
  async [Symbol.asyncDispose](): Promise<void> {
    const closed = this.#servers.map((server) => once(server.close(), "close"));
    for (const server of this.#servers) server.closeAllConnections();
    await Promise.all(closed);
  }

  #answer(origin: number, request: IncomingMessage, response: ServerResponse): void {
    this.#count(origin, request, response);
    const url = `${this.#origins[origin]}${request.url}`;
    const page = this.#pages.get(url);
    if (page === undefined) {
      response.writeHead(404).end("no such page\n");
      return;
    }
    const fault = this.#faultsLeft.get(url)?.shift();
    if (fault === undefined) {
      send(response, page);
      return;
    }
    this.#faults[fault.kind]++;
    misbehave(fault, response, page);
  }

  #count(origin: number, request: IncomingMessage, response: ServerResponse): void {
    this.#requests++;
    const ofOrigin = (this.#active[origin] ?? 0) + 1;
    this.#active[origin] = ofOrigin;
    this.#peakOfOrigin = Math.max(this.#peakOfOrigin, ofOrigin);
    this.#peak = Math.max(
      this.#peak,
      this.#active.reduce((sum, active) => sum + active, 0),
    );
    let answered = false;
    const leave = (): void => {
      if (answered) return;
      answered = true;
      this.#active[origin] = (this.#active[origin] ?? 0) - 1;
    };
    response.once("close", leave);
    this.#leave.set(request.socket, leave);
  }
}

function send(response: ServerResponse, { head, body }: Page): void {
  response.writeHead(200, {
    "content-type": "text/html; charset=utf-8",
    "content-length": head.length + body.length,
  });
  response.write(head);
  response.end(body);
}

function misbehave(fault: Fault, response: ServerResponse, page: Page): void {
  switch (fault.kind) {
    case "slow": {
      const timer = setTimeout(send, fault.delayMs, response, page);
      response.once("close", () => clearTimeout(timer));
      return;
    }
    case "unavailable":
      if (fault.retryAfterSeconds !== undefined) {
        response.setHeader("retry-after", fault.retryAfterSeconds);
      }
      response.writeHead(503).end("try again later\n");
      return;
    case "dropped":
      response.writeHead(200, { "content-length": page.head.length + page.body.length });
      response.write(page.head, () => response.destroy());
      return;
    case "silent":
  }
}
