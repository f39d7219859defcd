import { connect, type Socket } from "node:net";

/** What a server answers. */
export type Reply = string | number | null | readonly Reply[];

interface Pending {
  readonly resolve: (reply: Reply) => void;
  readonly reject: (error: Error) => void;
}

const CRLF = "\r\n";

/** The reply that begins at `at`, and where the next one does; `undefined` while it is not all there. */
function parse(
  bytes: Buffer,
  at: number,
): readonly [reply: Reply | Error, next: number] | undefined {
  const end = bytes.indexOf(CRLF, at);
  if (end < 0) return undefined;
  const line = bytes.toString("utf8", at + 1, end);
  const next = end + CRLF.length;
  switch (String.fromCharCode(bytes[at]!)) {
    case "+":
      return [line, next];
    case "-":
      return [new Error(line), next];
    case ":":
      return [Number(line), next];
    case "$": {
      const length = Number(line);
      if (length < 0) return [null, next];
      if (bytes.length < next + length + CRLF.length) return undefined;
      return [bytes.toString("utf8", next, next + length), next + length + CRLF.length];
    }
    case "*": {
      const items: Reply[] = [];
      let from = next;
      for (let i = 0; i < Number(line); i++) {
        const item = parse(bytes, from);
        if (item === undefined) return undefined;
        items.push(item[0] as Reply);
        from = item[1];
      }
      return [items, from];
    }
    default:
      throw new Error(`Cannot read a reply: it begins with ${bytes[at]}`);
  }
}

/** A connection to a Redis server: commands are answered in the order in which they were sent. */
export class Redis {
  readonly #socket: Socket;
  readonly #pending: Pending[] = [];
  #bytes: Buffer = Buffer.alloc(0);

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on("data", (bytes) => this.#read(bytes));
    socket.on("error", () => {});
    socket.on("close", () => {
      for (const { reject } of this.#pending.splice(0))
        reject(new Error("The connection is closed"));
    });
  }

  /** @returns `undefined` if there is no server. */
  static connect(
    url: string = process.env["REDIS_URL"] ?? "redis://127.0.0.1:6379",
  ): Promise<Redis | undefined> {
    const { hostname, port } = new URL(url);
    return new Promise((resolve) => {
      const socket = connect({ host: hostname, port: Number(port || 6379), timeout: 1_000 });
      const none = (): void => {
        socket.destroy();
        resolve(undefined);
      };
      socket.once("timeout", none).once("error", none);
      socket.once("connect", () => {
        socket.off("timeout", none).off("error", none).setTimeout(0).setNoDelay(true);
        resolve(new Redis(socket));
      });
    });
  }

  #read(bytes: Buffer): void {
    this.#bytes = Buffer.concat([this.#bytes, bytes]);
    for (;;) {
      const parsed = this.#bytes.length === 0 ? undefined : parse(this.#bytes, 0);
      if (parsed === undefined) return;
      this.#bytes = this.#bytes.subarray(parsed[1]);
      const { resolve, reject } = this.#pending.shift()!;
      if (parsed[0] instanceof Error) reject(parsed[0]);
      else resolve(parsed[0]);
    }
  }

  send(...words: readonly (string | number)[]): Promise<Reply> {
    if (this.#socket.destroyed) return Promise.reject(new Error("The connection is closed"));
    const parts = words.map(String).map((word) => `$${Buffer.byteLength(word)}${CRLF}${word}`);
    this.#socket.write([`*${words.length}`, ...parts, ""].join(CRLF));
    return new Promise((resolve, reject) => {
      this.#pending.push({ resolve, reject });
    });
  }

  close(): void {
    this.#socket.destroy();
  }
}
