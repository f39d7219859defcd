import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";

/** Answers a request. `number` counts the requests of its path, from 1. */
export type Handler = (
  request: IncomingMessage,
  response: ServerResponse,
  number: number,
) => unknown;

/** A server on this machine that counts what it sees. */
export class TestServer implements AsyncDisposable {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #leave = new WeakMap<Socket, () => void>();
  readonly #counts = new Map<string, number>();
  /** How many requests are being answered, and the most that ever were. */
  active = 0;
  peak = 0;
  requests = 0;
  /** How many connections were made. */
  connections = 0;
  /** The most connections that were open at once. */
  peakSockets = 0;

  private constructor(server: Server, handler: Handler) {
    this.#server = server;
    server.on("connection", (socket) => {
      this.connections++;
      this.#sockets.add(socket);
      this.peakSockets = Math.max(this.peakSockets, this.#sockets.size);
      // The response of a visitor who has hung up closes only some turns of the loop later.
      const gone = (): void => {
        this.#sockets.delete(socket);
        this.#leave.get(socket)?.();
      };
      socket.once("end", gone).once("error", gone).once("close", gone);
    });
    server.on("request", (request, response) => {
      this.#enter(request.socket, response);
      const path = request.url ?? "";
      const number = (this.#counts.get(path) ?? 0) + 1;
      this.#counts.set(path, number);
      handler(request, response, number);
    });
  }

  static async open(handler: Handler): Promise<TestServer> {
    const server = createServer({ keepAliveTimeout: 60_000 }).listen(0, "127.0.0.1");
    await once(server, "listening");
    return new TestServer(server, handler);
  }

  get origin(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  url(path: string): string {
    return `${this.origin}${path}`;
  }

  /** How many connections are open. */
  get sockets(): number {
    return this.#sockets.size;
  }

  /** How many requests of a path there were. */
  count(path: string): number {
    return this.#counts.get(path) ?? 0;
  }

  /** Waits until nothing is being answered. */
  async idle(): Promise<void> {
    while (this.active > 0) await new Promise((resolve) => setTimeout(resolve, 2));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = once(this.#server.close(), "close");
    this.#server.closeAllConnections();
    await closed;
  }

  #enter(socket: Socket, response: ServerResponse): void {
    this.requests++;
    this.active++;
    this.peak = Math.max(this.peak, this.active);
    let over = false;
    const leave = (): void => {
      if (over) return;
      over = true;
      this.active--;
    };
    response.once("close", leave);
    this.#leave.set(socket, leave);
  }
}

/** A moment of real time. */
export function moment(ms = 20): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Waits until something is so; the test times out if it never is. */
export async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await moment(1);
}
